#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// One GPU as NVML names it. A MIG instance has no energy of its own: its GPU stands for it.
struct NvmlGpu {
  static constexpr double kAboveLimit = 1.5;  ///< It may exceed its limit so far for a moment.

  void* handle{nullptr};
  std::string uuid;  ///< "GPU-6f2a...": the same in every process, whatever CUDA makes visible.
  std::string name;
  std::optional<Watts> highest_limit;
  std::optional<int> module{};  ///< Its number, if the counter has the CPU of a module in it
                                ///< (GH200, GB200).
  bool mig{false};
};

/// What one GPU shows now. What it does not support or does not deliver is absent.
struct NvmlSample {
  std::optional<Joules> energy;  ///< Since the driver was loaded.
  std::optional<Watts> average;  ///< Mean of the last second (Ampere and newer).
  std::optional<Watts> momentary;
};

/// NVIDIA's management library, opened at run time. Thread-safe. After fork() it delivers nothing
/// in the child, where its handles are worth nothing.
class NvmlLibrary {
 public:
  /// `path` is a file, or a name that the dynamic linker finds. Throws Error with what to do.
  explicit NvmlLibrary(const std::string& path);
  ~NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;

  const std::string& driver() const { return driver_; }  ///< "580.65.06".
  std::vector<NvmlGpu> gpus() const;  ///< Those that this user may open, in the order of the bus.
  const std::vector<std::string>& problems() const { return problems_; }  ///< Of the others.
  enum class Power { None, Momentary, Both };  ///< Each takes longer than the one before.
  NvmlSample sample(const NvmlGpu& gpu, Power power = Power::Both) const;
  /// Part of the last second or less in which something ran on it, 0 to 1.
  std::optional<double> utilization(const NvmlGpu& gpu) const;

 private:
  struct Functions;
  std::optional<NvmlGpu> open_gpu(unsigned int index);
  bool in_module(const NvmlGpu& gpu) const;
  std::optional<Joules> energy(const NvmlGpu& gpu) const;
  std::unique_ptr<Functions> functions_;
  std::string driver_;
  std::vector<NvmlGpu> gpus_;
  std::vector<std::string> problems_;
  int forks_{0};  ///< Before it was opened: with more, this is a child that must not use it.
};

}  // namespace greentrain
