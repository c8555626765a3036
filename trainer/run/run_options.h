#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"

namespace greentrain {

enum class LogFormat { Jsonl, Csv, Tensorboard };
template <>
inline constexpr auto enum_names<LogFormat> =
    std::array<std::string_view, 3>{"jsonl", "csv", "tensorboard"};

/// Section `run`.
struct RunOptions {
  std::string name{"run"};
  std::string dir;
  std::int64_t seed{1};
  std::chrono::milliseconds progress_period{2000};
  std::vector<LogFormat> logs{LogFormat::Jsonl};
  std::int64_t log_every{0};

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("name", name, "Name of the run; its directory is runs/NAME-N.");
    visit("dir", dir, "Directory of this run, instead of runs/NAME-N; must not hold a run yet.");
    visit("seed", seed, "Fixes the data split, the order of samples and the first weights.", 0,
          1LL << 53);
    visit("progress_period", progress_period,
          "Time between two progress lines when the output is not a terminal.", 100ms, 1h);
    visit("logs", logs,
          "What figures are logged as in the run directory: metrics.jsonl, metrics.csv, a file for "
          "TensorBoard.");
    visit("log_every", log_every,
          "Steps between two lines of the logs, besides those of evaluations; 0: no others.", 0,
          1'000'000'000);
  }
};

}  // namespace greentrain
