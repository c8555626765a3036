#include "meter/fake/gpu_physics.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace greentrain::fake {
namespace {

double value_at(const std::vector<Step>& steps, double time_s, double before) {
  double value = before;
  for (const Step& step : steps) {
    if (step.from_s <= time_s) value = step.value;
  }
  return value;
}

/// Power under full load at a cap: by the measured curve, at its ends the end's own.
double full_power(const FakeGpu& gpu, double cap) {
  if (gpu.curve.empty()) return std::min(gpu.full_w, cap);
  const auto above = std::find_if(gpu.curve.begin(), gpu.curve.end(),
                                  [&](const CurvePoint& point) { return point.cap_w >= cap; });
  if (above == gpu.curve.begin()) return above->power_w;
  if (above == gpu.curve.end()) return gpu.curve.back().power_w;
  const CurvePoint& below = *(above - 1);
  const double share = (cap - below.cap_w) / (above->cap_w - below.cap_w);
  return below.power_w + share * (above->power_w - below.power_w);
}

/// Every moment at which the power or the counter changes its course.
std::set<double> turning_points(const FakeGpu& gpu, double from_s, double to_s) {
  std::set<double> points{to_s};
  const auto add = [&](double time) {
    if (time > from_s && time < to_s) points.insert(time);
  };
  for (const Step& step : gpu.load) add(step.from_s);
  for (const Step& step : gpu.out_of_band_limit) add(step.from_s);
  for (const double reset : gpu.resets_s) add(reset);
  return points;
}

bool resets_at(const FakeGpu& gpu, double time_s) {
  return std::find(gpu.resets_s.begin(), gpu.resets_s.end(), time_s) != gpu.resets_s.end();
}

}  // namespace

GpuState initial_state(const FakeGpu& gpu) {
  GpuState state;
  state.limit_w = gpu.default_limit_w;
  return state;
}

GpuState advanced(const FakeGpu& gpu, GpuState state, double to_s) {
  if (to_s <= state.at_s) return state;
  for (const double point : turning_points(gpu, state.at_s, to_s)) {
    const double energy = power_at(gpu, state.limit_w, state.at_s) * (point - state.at_s);
    const double of_cpu = gpu.module_scope ? gpu.cpu_w * (point - state.at_s) : 0;
    state.energy_j += energy;
    state.counter_j += (energy + of_cpu) * gpu.counter_gain;
    state.at_s = point;
    if (resets_at(gpu, point)) state.counter_j = 0;
  }
  return state;
}

double load_at(const FakeGpu& gpu, double time_s) { return value_at(gpu.load, time_s, 0); }

double enforced_limit(const FakeGpu& gpu, double limit_w, double time_s) {
  return std::min(limit_w, value_at(gpu.out_of_band_limit, time_s, gpu.max_limit_w));
}

double power_at(const FakeGpu& gpu, double limit_w, double time_s) {
  const double full = full_power(gpu, enforced_limit(gpu, limit_w, time_s));
  return gpu.idle_w + load_at(gpu, time_s) * std::max(full - gpu.idle_w, 0.0);
}

double shown_energy(const FakeGpu& gpu, const GpuState& state, double time_s) {
  for (const Fault& fault : gpu.faults) {
    if (fault.freeze && time_s >= fault.from_s && time_s < fault.to_s) time_s = fault.from_s;
  }
  const double period = gpu.update_period_s;
  // The nearest double below a whole number of periods must not show the update before.
  const double updated = period > 0 ? std::floor(time_s / period + 1e-9) * period : time_s;
  return advanced(gpu, state, updated).counter_j;
}

double average_power(const FakeGpu& gpu, const GpuState& state, double time_s) {
  const double from_s = std::max(time_s - 1, state.at_s);
  if (time_s <= from_s) return power_at(gpu, state.limit_w, time_s);
  const double before = advanced(gpu, state, from_s).energy_j;
  return (advanced(gpu, state, time_s).energy_j - before) / (time_s - from_s);
}

}  // namespace greentrain::fake
