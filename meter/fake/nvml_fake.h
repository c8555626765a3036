#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <nvml.h>

#include "meter/fake/fake_scenario.h"
#include "meter/fake/shared_state.h"

namespace greentrain::fake {

/// The library as one process has it loaded: initialised or not, and what stands behind a handle.
class FakeNvml {
 public:
  static FakeNvml& instance();  ///< A C library has no other place for its state.

  nvmlReturn_t initialize();
  nvmlReturn_t shut_down();

  struct Device {
    const FakeGpu& gpu;
    std::size_t index;
    SharedState& shared;
    double now_s;
    GpuState state() const { return shared.gpu(index); }
  };

  /// Every call of the library goes through one of these: they check that it is initialised and in
  /// the process that did it, let faults happen, write the log, and turn exceptions into codes.
  nvmlReturn_t call(const char* function, const std::function<nvmlReturn_t()>& work);
  nvmlReturn_t call(const char* function, nvmlDevice_t handle,
                    const std::function<nvmlReturn_t(const Device&)>& work);

  const FakeScenario& scenario() const { return *scenario_; }
  nvmlDevice_t handle(std::size_t index) const;
  std::optional<std::size_t> index_of(nvmlDevice_t handle) const;
  bool may_set_limits() const;
  double now_s() const { return shared_->now_s(); }

 private:
  void log(const char* function, const std::string& device, nvmlReturn_t result) const;

  std::mutex mutex_;
  std::optional<FakeScenario> scenario_;
  std::unique_ptr<SharedState> shared_;
  int users_{0};  ///< 0 in a child of fork(): as with the real library, handles are worth nothing.
};

/// The fault of this call at this moment, if one is due.
const Fault* fault_of(const FakeGpu& gpu, const char* function, double time_s);
nvmlReturn_t error_named(const std::string& name);

}  // namespace greentrain::fake
