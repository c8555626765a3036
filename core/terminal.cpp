#include "core/terminal.h"

#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/ioctl.h>
#include <unistd.h>

namespace greentrain {
namespace {

constexpr int kDefaultWidth = 80;

int columns(int descriptor, const Environment& environment) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const std::string text = environment("COLUMNS").value_or("");
  int width = 0;
  std::from_chars(text.data(), text.data() + text.size(), width);
  return width > 0 ? width : kDefaultWidth;
}

}  // namespace

Terminal terminal_of(int descriptor, const Environment& environment) {
  if (::isatty(descriptor) == 0 || environment("TERM") == "dumb") return {};
  return {.interactive = true,
          .color = environment("NO_COLOR").value_or("").empty(),
          .width = columns(descriptor, environment)};
}

Terminal terminal_at(const std::string& path, const Environment& environment) {
  std::error_code failure;
  const auto target = std::filesystem::canonical(path, failure).string();
  if (failure || !target.starts_with("/dev/")) return {};
  const int file = ::open(target.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return {};
  const Terminal terminal = terminal_of(file, environment);
  ::close(file);
  return terminal;
}

}  // namespace greentrain
