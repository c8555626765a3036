#pragma once

#include <chrono>
#include <cstdint>

namespace greentrain {

/// Section `comm`.
struct CommOptions {
  std::int64_t threads{0};
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds first_step_timeout{300'000};

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("threads", threads,
          "Threads a rank computes with; 0: as many as the cores the launcher gave it.", 0, 1024);
    visit("timeout", timeout,
          "How long ranks wait in a step for one that is silent, before the run is given up.",
          100ms, 24h);
    visit("first_step_timeout", first_step_timeout,
          "The same until the first step is done, and while a rank evaluates or writes files.",
          100ms, 24h);
  }
};

}  // namespace greentrain
