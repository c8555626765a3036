#include "meter/journal/run_energy.h"

#include <algorithm>
#include <cmath>

namespace greentrain {
namespace {

// A record is due once a period, and the one that was being written may have taken another.
constexpr double kPeriodsUntilCertain = 2;

bool ended(const SegmentHistory& history) {
  return history.last && history.last->reason == RecordReason::End;
}

bool measured(const SegmentHistory& history) {
  return history.last && history.last->energy.total.quality != Quality::Unmeasured;
}

/// What a segment was followed by.
struct Follower {
  std::int64_t attempt;
  std::int64_t first_step;
  double started_at;
};

Follower follower_of(const SegmentHistory& history, const std::vector<SegmentHistory>& all,
                     const PresentAttempt& present) {
  Follower next{present.number, present.first_step, present.started_at};
  for (const SegmentHistory& other : all) {
    const JournalSegment& segment = other.segment;
    if (segment.attempt <= history.segment.attempt || segment.attempt >= next.attempt) continue;
    next = {segment.attempt, segment.first_step, segment.started_at};
  }
  return next;
}

Energy unknown_since(const Energy& later, const Energy& earlier) {
  Energy energy = later;
  energy.joules = std::max(Joules{}, later.joules - earlier.joules);
  energy.lo = std::max(Joules{}, later.lo - earlier.hi);
  energy.hi = std::max(energy.joules, later.hi - earlier.lo);
  return energy;
}

/// What the segment drew after `step`, as far as its records say.
Energy drawn_after(const SegmentHistory& history, std::int64_t step) {
  if (history.checkpoint_step == step) return history.last->since_checkpoint;
  const auto after = history.by_step.upper_bound(step);
  if (after == history.by_step.begin()) return history.last->energy.total;
  return unknown_since(history.last->energy.total, std::prev(after)->second);
}

/// Energy on steps that were done again, with the tail, whose steps nobody kept.
std::optional<Energy> wasted(const SegmentHistory& history, const std::optional<LostTail>& tail,
                             const Follower& next) {
  const bool repeated = history.last && history.last->step > next.first_step;
  if (!repeated && !tail) return std::nullopt;
  Energy energy;
  if (measured(history)) energy = drawn_after(history, next.first_step);
  if (energy.quality == Quality::Unmeasured) energy.quality = Quality::Estimated;
  if (!tail) return energy;
  energy.joules += tail->joules;
  energy.hi += tail->hi;
  energy.quality = std::max(energy.quality, Quality::Estimated);
  return energy;
}

}  // namespace

std::optional<LostTail> lost_tail(const SegmentHistory& history, std::optional<double> next_start,
                                  std::optional<Watts> usual) {
  if (ended(history)) return std::nullopt;
  const JournalSegment& segment = history.segment;
  const double since = history.last ? history.last->written_at : segment.started_at;
  LostTail tail;
  tail.longest = segment.period * kPeriodsUntilCertain;
  if (next_start && *next_start >= since) {
    tail.longest = std::min(tail.longest, Seconds(*next_start - since));
  }
  tail.hi = segment.max_power * tail.longest;
  const bool known = measured(history) && history.last->time > Seconds(0);
  const Watts mean = known ? history.last->energy.total.joules / history.last->time
                           : usual.value_or(segment.max_power);
  tail.joules = std::min(tail.hi, mean * (tail.longest / 2));
  return tail;
}

TimedReport with_tail(const SegmentHistory& history, const std::optional<LostTail>& tail) {
  TimedReport part;
  if (history.last) part = {history.last->energy, history.last->time};
  if (!tail || tail->hi <= Joules{}) return part;  // Without a sensor there is nothing to bound.
  EnergyReport& report = part.report;
  Energy lost{.joules = tail->joules, .lo = {}, .hi = tail->hi};
  lost.quality = Quality::Estimated;
  lost.gaps = 1;
  Energy& total = report.total;
  if (measured(history)) {
    const double factor = total.joules > Joules{} ? (total.joules + lost.joules) / total.joules : 1;
    for (PhaseEnergy& phase : report.phases) phase.joules = phase.joules * factor;
    const double covered = total.covered_fraction * (part.time / (part.time + tail->longest));
    total = sum({total, lost});
    total.covered_fraction = covered;
  } else {
    total = lost;
    report.phases = {{Phase::Startup, Seconds(0), lost.joules}};
  }
  part.time += tail->longest;
  const std::string& node = history.segment.node;
  report.components.push_back({node, "journal:tail", "after the last record",
                               "mean power, and the highest of all sensors", lost});
  report.notes.push_back("Attempt " + std::to_string(history.segment.attempt) + " on " + node +
                         " was cut off; up to " +
                         std::to_string(std::lround(tail->longest.count())) +
                         " s of it were not recorded.");
  return part;
}

EnergyReport whole_run(const std::vector<SegmentHistory>& segments, const PresentAttempt& present) {
  std::vector<TimedReport> parts;
  std::vector<Energy> wastes;
  std::map<std::int64_t, std::int64_t> repeated_steps;  // By attempt: nodes do the same ones.
  std::map<std::int64_t, bool> cut_off;
  const Energy& now = present.energy.report.total;
  std::optional<Watts> usual;
  if (now.quality != Quality::Unmeasured && present.energy.time > Seconds(0)) {
    usual = now.joules / present.energy.time;
  }
  for (const SegmentHistory& history : segments) {
    const std::int64_t attempt = history.segment.attempt;
    if (attempt >= present.number) continue;
    const Follower next = follower_of(history, segments, present);
    const auto tail = lost_tail(history, next.started_at, usual);
    parts.push_back(with_tail(history, tail));
    if (const auto waste = wasted(history, tail, next)) wastes.push_back(*waste);
    const std::int64_t steps = history.last ? history.last->step - next.first_step : 0;
    repeated_steps[attempt] = std::max(repeated_steps[attempt], steps);
    cut_off[attempt] = cut_off[attempt] || tail;
  }
  if (parts.empty()) return present.energy.report;
  EarlierEnergy earlier;
  earlier.energy = in_sequence(parts).total;
  earlier.attempts = static_cast<std::int64_t>(cut_off.size());
  for (const auto& [attempt, cut] : cut_off) earlier.cut_off += cut ? 1 : 0;
  for (const auto& [attempt, steps] : repeated_steps) earlier.repeated_steps += steps;
  if (!wastes.empty()) earlier.wasted = sum(wastes);
  parts.push_back(present.energy);
  EnergyReport whole = in_sequence(parts);
  whole.earlier = earlier;
  return whole;
}

}  // namespace greentrain
