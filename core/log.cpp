#include "core/log.h"

#include <array>
#include <sys/uio.h>
#include <unistd.h>

namespace greentrain {
namespace {

iovec piece(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};  // writev() only reads it.
}

void write_line(std::string_view label, std::string_view message) noexcept {
  const std::array pieces{piece(label), piece(message), piece("\n")};
  // When even standard error is gone there is nobody left to tell.
  [[maybe_unused]] const auto written =
      ::writev(STDERR_FILENO, pieces.data(), static_cast<int>(pieces.size()));
}

}  // namespace

void log_warning(std::string_view message) noexcept {
  write_line("greentrain: warning: ", message);
}

void log_info(std::string_view message) noexcept { write_line("greentrain: ", message); }

}  // namespace greentrain
