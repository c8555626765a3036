#pragma once

#include <cstdint>

namespace greentrain {

/// Section `comm`.
struct CommOptions {
  std::int64_t threads{0};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("threads", threads,
          "Threads a rank computes with; 0: as many as the cores the launcher gave it.", 0, 1024);
  }
};

}  // namespace greentrain
