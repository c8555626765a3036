#pragma once

#include <string_view>

namespace greentrain {

/// Writes to standard output at once. Throws Error when it takes no more, such as a full disk.
void print(std::string_view text);

}  // namespace greentrain
