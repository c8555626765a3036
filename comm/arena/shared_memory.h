#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "comm/communicator.h"

namespace greentrain {

/// Memory that all ranks of a node map, at an address of each rank's own. It has no name in any
/// file system, so nothing is left behind however its users end.
class SharedMemory {
 public:
  /// How to get the memory; tests shrink it.
  struct Source {
    std::string directory{"/dev/shm"};  ///< A tmpfs; tried first.
    bool memfd{true};                   ///< Tried when the directory cannot hold the bytes.
  };

  /// Collective over the ranks of one node, all asking for the same size. Pages are not touched:
  /// each belongs to the rank that writes it first. Throws Error on every rank, saying why, when no
  /// way works on some rank.
  static SharedMemory create(Communicator& node, std::size_t bytes, const Source& source);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  std::byte* data() const { return data_; }  ///< Page-aligned.
  std::size_t size() const { return size_; }
  const std::string& origin() const {
    return origin_;
  }  ///< "/dev/shm" or "memfd", with the reason.

 private:
  SharedMemory() = default;

  std::byte* data_{nullptr};
  std::size_t size_{0};
  std::string origin_;
};

}  // namespace greentrain
