#include "comm/arena/shared_memory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

std::string errno_text() { return std::strerror(errno); }

bool set_size(const Descriptor& file, std::size_t bytes, std::string& reason) {
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) == 0) return true;
  reason = "cannot grow: " + errno_text();
  return false;
}

// A nameless file in a tmpfs that has room for all the bytes, since writing past it is a SIGBUS.
Descriptor open_in_directory(const std::string& directory, std::size_t bytes, std::string& reason) {
  struct statvfs room {};
  if (directory.empty() || statvfs(directory.c_str(), &room) != 0) {
    reason = directory.empty() ? "no directory" : directory + ": " + errno_text();
    return Descriptor();
  }
  const std::size_t free_bytes = room.f_bavail * room.f_frsize;
  if (free_bytes < bytes) {
    reason = fmt::format("{} has {} MiB free, {} MiB are needed", directory, free_bytes >> 20,
                         (bytes >> 20) + 1);
    return Descriptor();
  }
  Descriptor file(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.valid()) reason = directory + ": " + errno_text();
  if (file.valid() && !set_size(file, bytes, reason)) return Descriptor();
  return file;
}

Descriptor open_memfd(std::size_t bytes, std::string& reason) {
  Descriptor file(memfd_create("greentrain", MFD_CLOEXEC));
  if (!file.valid()) reason += "; memfd: " + errno_text();
  std::string problem;
  if (file.valid() && !set_size(file, bytes, problem)) {
    reason += "; memfd " + problem;
    return Descriptor();
  }
  return file;
}

// What rank 0 tells the others: where to open the file, or why there is none.
struct Offer {
  std::string path;
  std::string origin;
};

Offer make_offer(const Descriptor& file, const std::string& origin) {
  if (!file.valid()) return {"", origin};
  return {fmt::format("/proc/{}/fd/{}", getpid(), file.get()), origin};
}

std::byte* map(const Descriptor& file, std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

}  // namespace

SharedMemory SharedMemory::create(Communicator& node, std::size_t bytes, const Source& source) {
  Descriptor file;
  Offer offer;
  if (node.rank() == 0) {
    std::string reason;
    file = open_in_directory(source.directory, bytes, reason);
    std::string origin = source.directory;
    if (!file.valid() && source.memfd) {
      file = open_memfd(bytes, reason);
      origin = "memfd, since " + reason;
    }
    offer = make_offer(file, file.valid() ? origin : reason);
  }
  offer.path = broadcast_text(node, offer.path, 0);
  offer.origin = broadcast_text(node, offer.origin, 0);
  if (offer.path.empty()) throw Error("No shared memory on this node: " + offer.origin);

  if (node.rank() != 0) file = Descriptor(open(offer.path.c_str(), O_RDWR | O_CLOEXEC));
  SharedMemory memory;
  memory.data_ = file.valid() ? map(file, bytes) : nullptr;
  memory.size_ = bytes;
  memory.origin_ = offer.origin;
  const std::string problem =
      memory.data_ == nullptr ? fmt::format("rank {}: {}", node.rank(), errno_text()) : "";
  for (const std::string& text : all_gather_text(node, problem)) {
    if (!text.empty()) throw Error("Cannot map the node's shared memory: " + text);
  }
  return memory;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(other.size_),
      origin_(std::move(other.origin_)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(origin_, other.origin_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

}  // namespace greentrain
