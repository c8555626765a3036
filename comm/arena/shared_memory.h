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
    /// Tests with ranks as threads: all use one mapping, so that a race detector sees who writes
    /// what. It lives until the last rank's SharedMemory ends.
    bool one_process{false};
  };

  /// Collective over the ranks of one node, all asking for the same size. Pages are not touched:
  /// each belongs to the rank that writes it first. One rank alone gets private memory. Throws
  /// Error on every rank, saying why, when no way works on some rank.
  static SharedMemory create(Communicator& node, std::size_t bytes, const Source& source);

  std::byte* data() const { return mapping_.get(); }  ///< Page-aligned; zeros at first.
  std::size_t size() const { return size_; }
  const std::string& origin() const {
    return origin_;
  }  ///< "/dev/shm" or "memfd", with the reason.

 private:
  SharedMemory(std::shared_ptr<std::byte> mapping, std::size_t size, std::string origin);

  std::shared_ptr<std::byte> mapping_;  ///< Unmaps itself.
  std::size_t size_;
  std::string origin_;
};

}  // namespace greentrain
