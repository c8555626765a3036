#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/reader/config_reader.h"
#include "core/terminal.h"

namespace greentrain {

/// What a run runs on.
struct RunLayout {
  std::int64_t ranks{1};
  std::vector<std::string> hosts;    ///< Different ones.
  std::vector<std::string> devices;  ///< Different ones: "cpu".
  std::string threads;               ///< "1 thread a rank on 2 cores".
  std::optional<std::string> mkl{};  ///< Instructions that MKL uses: "AVX-512".
  std::string exchange{};            ///< "arena: 2 ranks share memory (/dev/shm)"; may be empty.
};

/// The start of a run: a line per setting that differs from its default, in columns with where it
/// comes from, then ranks, hosts, devices, threads, how MKL computes and how gradients travel.
std::string banner(std::span<const ResolvedSetting> settings, const RunLayout& layout,
                   const Terminal& terminal);

}  // namespace greentrain
