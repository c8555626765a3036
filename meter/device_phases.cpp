#include "meter/device_phases.h"

#include <algorithm>
#include <numeric>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

bool of_a_step(Phase phase) {
  switch (phase) {
    case Phase::Data:
    case Phase::Forward:
    case Phase::Backward:
    case Phase::Exchange:
    case Phase::Update:
      return true;
    default:
      return false;
  }
}

std::size_t index(Phase phase) { return static_cast<std::size_t>(phase); }

Seconds total(const PhaseSeconds& times) {
  return std::accumulate(times.begin(), times.end(), Seconds(0));
}

}  // namespace

void DevicePhases::entered(Phase phase) {
  // Several micro-batches: each has its data, but only an update ends a step.
  const bool begins = phase == Phase::Data && (!in_step_ || last_ == Phase::Update);
  if (begins || (in_step_ && !of_a_step(phase))) end_step();
  last_ = phase;
  if (begins) {
    in_step_ = true;
    steps_[current_] = Step{};
    steps_[current_].host_before = phases_.totals();
  }
  if (!in_step_) return;
  Step& step = steps_[current_];
  if (step.entered.size() == kMostMarks) return;
  marks_.put(slot(current_, step.entered.size()));
  step.entered.push_back(phase);
}

void DevicePhases::end_step() {
  if (!in_step_) return;
  in_step_ = false;
  Step& step = steps_[current_];
  marks_.put(slot(current_, step.entered.size()));
  const PhaseSeconds now = phases_.totals();
  for (std::size_t i = 0; i < now.size(); ++i) step.host[i] = now[i] - step.host_before[i];
  step.ended = true;
  current_ = 1 - current_;
  share_out(current_);  // The step before: its marks have had the time of this one to be reached.
  steps_[current_].ended = false;
}

void DevicePhases::share_out(std::size_t number) {
  const Step& step = steps_[number];
  if (!step.ended) return;
  PhaseSeconds device{};
  for (std::size_t mark = 0; mark < step.entered.size(); ++mark) {
    const auto time = marks_.between(slot(number, mark), slot(number, mark + 1));
    if (!time) return;
    device[index(step.entered[mark])] += std::max(*time, Seconds(0));
  }
  share_out_anew(phases_, step.host, device);
}

void share_out_anew(PhaseTimer& phases, const PhaseSeconds& host, const PhaseSeconds& device) {
  const Seconds host_time = total(host);
  const Seconds device_time = total(device);
  if (host_time <= 0s || device_time <= 0s) return;
  PhaseSeconds missing{};  // Below zero: to be given away.
  for (std::size_t i = 0; i < host.size(); ++i) {
    missing[i] = host_time * (device[i] / device_time) - host[i];
  }
  for (std::size_t from = 0; from < host.size(); ++from) {
    for (std::size_t to = 0; to < host.size() && missing[from] < 0s; ++to) {
      const Seconds moved = std::min(-missing[from], missing[to]);
      if (moved <= 0s) continue;
      phases.move(static_cast<Phase>(from), static_cast<Phase>(to), moved);
      missing[from] += moved;
      missing[to] -= moved;
    }
  }
}

}  // namespace greentrain
