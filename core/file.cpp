#include "core/file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr int kAttempts = 100;

std::string reason(int error) { return std::generic_category().message(error); }

Error cannot_write(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Error(fmt::format("{}: cannot write: {}{}", path.string(), reason(error),
                           full ? "; free some space there, or write to another place" : ""));
}

/// Writes all bytes; false, with errno set, when the system took fewer.
bool write_all(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// An open file; closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

/// A new file beside `target`, removed unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target), file_(create(target, path_)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    if (!write_all(file_.number(), bytes)) throw cannot_write(target_, errno);
  }

  void rename_to_target() {
    if (::fsync(file_.number()) != 0 || !file_.close() ||
        ::rename(path_.c_str(), target_.c_str()) != 0) {
      throw cannot_write(target_, errno);
    }
    renamed_ = true;
  }

 private:
  /// Not mkstemp(): its files can be read by their owner alone, whatever the umask says.
  static int create(const std::filesystem::path& target, std::filesystem::path& path) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      path = target;
      path += fmt::format(".{}.{}.tmp", ::getpid(), attempt);
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file >= 0) return file;
      if (errno != EEXIST) break;
    }
    throw cannot_write(target, errno);
  }

  std::filesystem::path target_;
  std::filesystem::path path_;
  Descriptor file_;
  bool renamed_{false};
};

/// Makes a rename in this folder survive a power cut.
void sync_folder(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network file systems refuse to sync a folder; then the rename is as safe as they make it.
  if (file.number() < 0 || (::fsync(file.number()) != 0 && errno != EINVAL)) {
    throw cannot_write(path, errno);
  }
}

UsageError cannot_read(const std::filesystem::path& path, int error) {
  return UsageError(fmt::format("{}: cannot read: {}", path.string(), reason(error)));
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) throw cannot_read(path, errno);
  std::string bytes;
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (true) {  // The size is only a hint: pipes and /proc say 0, a file may grow.
    if (size == bytes.size()) bytes.resize(size + size / 2 + 4096);
    const ssize_t got = ::read(file.number(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw cannot_read(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::span<const std::byte>> pieces) {
  TemporaryFile file(path);
  for (const auto& piece : pieces) file.write(piece);
  file.rename_to_target();
  sync_folder(path);
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, std::span(&bytes, 1));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

AppendFile::AppendFile(std::filesystem::path path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (file_ < 0) throw cannot_write(path_, errno);
}

AppendFile::~AppendFile() { ::close(file_); }

void AppendFile::append(std::string_view record) {
  const off_t end = ::lseek(file_, 0, SEEK_END);
  if (write_all(file_, std::as_bytes(std::span(record)))) return;
  const int error = errno;
  // What is not a regular file cannot be cut; then nothing better is left to do.
  [[maybe_unused]] const int cut = ::ftruncate(file_, end);
  throw cannot_write(path_, error);
}

}  // namespace greentrain
