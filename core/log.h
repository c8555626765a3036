#pragma once

#include <string_view>

namespace greentrain {

/// One line on standard error, "greentrain: warning: MESSAGE", in one write so that the lines of
/// several ranks do not mix. Thread-safe; never throws, so that destructors may call it.
void log_warning(std::string_view message) noexcept;

/// The same without "warning".
void log_info(std::string_view message) noexcept;

}  // namespace greentrain
