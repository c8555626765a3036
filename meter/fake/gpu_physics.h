#pragma once

#include "meter/fake/fake_scenario.h"

namespace greentrain::fake {

/// What changes about a GPU other than by its scenario. Lies in memory shared by processes.
struct GpuState {
  double at_s{0};       ///< Up to here, all is in the sums below.
  double energy_j{0};   ///< Drawn since the start of the scenario.
  double counter_j{0};  ///< Shown by the counter: since the last reset, with its gain.
  double limit_w{0};    ///< As it was asked for.
  bool persistence{true};
};

GpuState initial_state(const FakeGpu& gpu);

/// The state at a later moment: energy by integrating the power exactly over the steps of the
/// scenario. Earlier moments change nothing.
GpuState advanced(const FakeGpu& gpu, GpuState state, double to_s);

double load_at(const FakeGpu& gpu, double time_s);
double enforced_limit(const FakeGpu& gpu, double limit_w, double time_s);  ///< Least of all limits.
double power_at(const FakeGpu& gpu, double limit_w,
                double time_s);  ///< Of the GPU alone, in watts.

/// What the counter shows, in joules: as of the last update, and while it is frozen as of before.
double shown_energy(const FakeGpu& gpu, const GpuState& state, double time_s);

/// Mean power of the second before, or since the last change of the limit if that is shorter ago.
double average_power(const FakeGpu& gpu, const GpuState& state, double time_s);

}  // namespace greentrain::fake
