#include "meter/number_file.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace greentrain {

NumberFile::~NumberFile() {
  if (file_ >= 0) close(file_);
}

std::optional<double> NumberFile::read() {
  struct stat now {};
  const bool stays = file_ >= 0 && fstat(file_, &now) == 0 && now.st_nlink > 0;
  if (stays) {
    if (const auto number = read_open()) return number;
  }
  return open() ? read_open() : std::nullopt;
}

bool NumberFile::open() {
  if (file_ >= 0) close(file_);
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  return file_ >= 0;
}

std::optional<double> NumberFile::read_open() const {
  std::array<char, 32> block;
  const ssize_t size = pread(file_, block.data(), block.size(), 0);
  if (size <= 0) return std::nullopt;
  std::string_view text(block.data(), static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return static_cast<double>(number);
}

}  // namespace greentrain
