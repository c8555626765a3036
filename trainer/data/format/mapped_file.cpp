#include "trainer/data/format/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

UsageError cannot_read(const std::string& path) {
  return UsageError(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
}

std::size_t size_of(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

MappedFile::MappedFile(std::string path)
    : path_(std::move(path)), file_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_ < 0) throw cannot_read(path_);
  const std::size_t size = size_of(file_);
  if (size == 0) return;
  void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, file_, 0);
  if (address == MAP_FAILED) {
    const UsageError error = cannot_read(path_);
    close(file_);
    throw error;
  }
  bytes_ = {static_cast<const char*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  if (file_ >= 0) close(file_);
}

void MappedFile::check_size() const {
  const std::size_t size = size_of(file_);
  if (size == bytes_.size()) return;
  throw Error(fmt::format(
      "{}: {} bytes, but {} when training began; expected a file that nobody changes meanwhile",
      path_, size, bytes_.size()));
}

}  // namespace greentrain
