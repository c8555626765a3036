#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "meter/fake/fake_scenario.h"
#include "meter/fake/gpu_physics.h"

namespace greentrain::fake {

/// The state of all GPUs of a scenario in a file that every process maps, so that a limit set by
/// one is seen by all, and the clock of the scenario. Thread-safe.
class SharedState {
 public:
  explicit SharedState(const FakeScenario& scenario);  ///< Throws Error.
  ~SharedState();
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

  double now_s() const;  ///< Since the first process opened the scenario, or by its clock file.
  GpuState gpu(std::size_t index) const;
  /// Brings one GPU up to now and changes it; other processes wait meanwhile.
  void change(std::size_t index, const std::function<void(GpuState&)>& what);

 private:
  struct Shared;
  void initialize(bool fresh);

  const FakeScenario& scenario_;
  int file_{-1};
  Shared* shared_{nullptr};
};

}  // namespace greentrain::fake
