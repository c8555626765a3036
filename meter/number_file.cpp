#include "meter/number_file.h"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "meter/small_file.h"

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
  return parse_whole_number({block.data(), static_cast<std::size_t>(size)});
}

}  // namespace greentrain
