#include "comm/arena/shared_memory.h"

#include <array>
#include <cerrno>
#include <cstdint>
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

std::shared_ptr<std::byte> map(int file, std::size_t bytes, int flags) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (memory == MAP_FAILED) return nullptr;
  return {static_cast<std::byte*>(memory), [bytes](std::byte* begin) { munmap(begin, bytes); }};
}

std::shared_ptr<std::byte> map_privately(std::size_t bytes) {
  auto memory = map(-1, bytes, MAP_PRIVATE | MAP_ANONYMOUS);
  if (memory == nullptr) {
    throw Error(fmt::format("Cannot map {} MiB: {}", (bytes >> 20) + 1, errno_text()));
  }
  madvise(memory.get(), bytes, MADV_HUGEPAGE);  // Fewer TLB misses, where the kernel allows it.
  return memory;
}

// Rank 0's mapping for all, by its address.
std::shared_ptr<std::byte> map_for_threads(Communicator& node, std::size_t bytes) {
  std::shared_ptr<std::byte> mapping;
  if (node.rank() == 0) mapping = map_privately(bytes);
  std::array<std::int64_t, 1> address{
      static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(&mapping))};
  node.broadcast(BufferView::of(std::span<std::int64_t>(address)), 0);
  if (node.rank() != 0) mapping = *reinterpret_cast<std::shared_ptr<std::byte>*>(address[0]);
  node.barrier();
  return mapping;
}

}  // namespace

SharedMemory::SharedMemory(std::shared_ptr<std::byte> mapping, std::size_t size, std::string origin)
    : mapping_(std::move(mapping)), size_(size), origin_(std::move(origin)) {}

SharedMemory SharedMemory::create(Communicator& node, std::size_t bytes, const Source& source) {
  if (node.size() == 1) return {map_privately(bytes), bytes, "private memory"};
  if (source.one_process) return {map_for_threads(node, bytes), bytes, "one process"};
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
  auto mapping = file.valid() ? map(file.get(), bytes, MAP_SHARED) : nullptr;
  const std::string problem =
      mapping == nullptr ? fmt::format("rank {}: {}", node.rank(), errno_text()) : "";
  for (const std::string& text : all_gather_text(node, problem)) {
    if (!text.empty()) throw Error("Cannot map the node's shared memory: " + text);
  }
  return {std::move(mapping), bytes, offer.origin};
}

}  // namespace greentrain
