#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/terminal.h"

namespace greentrain {

/// A setting that differs from its default.
struct ShownSetting {
  std::string path;    ///< "train.batch_size".
  std::string value;   ///< As in YAML, with its unit.
  std::string origin;  ///< "configs/digits.yaml:12" or "command line".
};

/// What a run runs on.
struct RunLayout {
  std::int64_t ranks{1};
  std::vector<std::string> hosts;    ///< Different ones.
  std::vector<std::string> devices;  ///< Different ones: "cpu".
  std::int64_t threads_per_rank{1};
};

/// The start of a run: one line per setting, in columns, then ranks, hosts, devices and threads.
std::string banner(std::span<const ShownSetting> settings, const RunLayout& layout,
                   const Terminal& terminal);

}  // namespace greentrain
