#include "scheduler/plan/polish.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace greentrain {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kEqual = 1e-9;  ///< Costs this close, as a share, count as equal.
constexpr int kShifts = 8;       ///< Earlier starts that are tried.
constexpr int kMoves = 64;       ///< Each move gains; a few are made.

/// A plan's runs with the work and the cost of each slot, the last one apart: it ends when the rest
/// of the work is done.
class Draft {
 public:
  Draft(const Job& job, const std::vector<PlanSlot>& slots, SlotLevels levels)
      : job_(job), slots_(slots), levels_(std::move(levels)) {
    measure();
  }

  /// Makes the one change that lowers the cost most, or that most cheaply adds missing work.
  bool improve() {
    if (last_ == slots_.size()) return false;
    const bool missing = rest_ > room(level_at(last_));
    Move best{0, 0, missing ? kInfinite : -1e-9 * std::abs(last_cost(level_at(last_), rest_))};
    for (std::size_t slot = 0; slot <= last_; ++slot) {
      if (levels_[slot] != kOff && seconds_[slot] > 0) consider_levels(slot, missing, best);
    }
    if (missing) consider_longer(best);
    if (best.slot == 0 && best.level == 0) return false;
    levels_[best.slot - 1] = static_cast<int>(best.level);
    measure();
    return true;
  }

  SlotLevels take() { return std::move(levels_); }

 private:
  struct Move {
    std::size_t slot;  ///< Plus 1; 0 is no move.
    std::size_t level;
    double gain;  ///< Change of cost, per work where work is missing.
  };

  void measure() {
    const Plan plan = follow(job_, slots_, levels_);
    levels_ = plan.levels;
    seconds_.assign(slots_.size(), 0);
    last_ = slots_.size();
    rest_ = job_.work.count();
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (levels_[slot] == kOff) continue;
      const SlotUse& use = plan.uses[slot];
      const Seconds free = Seconds{slots_[slot].length} - use.starting - use.saving;
      seconds_[slot] = free.count();
      if (last_ < slots_.size()) rest_ -= room(level_at(last_));
      last_ = slot;
    }
  }

  const Level& level_at(std::size_t slot) const {
    return job_.levels[static_cast<std::size_t>(levels_[slot])];
  }
  double room(const Level& level, std::size_t slot) const { return level.speed * seconds_[slot]; }
  double room(const Level& level) const { return room(level, last_); }
  double rate(std::size_t slot, const Level& level) const {
    const PlanSlot& at = slots_[slot];
    return level.power.value / kJoulesPerKwh * (at.intensity + at.energy_price).value +
           level.nodes * at.node_price;
  }
  double last_cost(const Level& level, double work) const {
    return rate(last_, level) / level.speed * work;
  }
  bool fits(std::size_t slot, const Level& level) const {
    return level.power <= slots_[slot].free_power && level.nodes <= slots_[slot].free_nodes;
  }

  void consider_levels(std::size_t slot, bool missing, Move& best) const {
    const Level& now = level_at(slot);
    for (std::size_t index = 0; index < job_.levels.size(); ++index) {
      const Level& other = job_.levels[index];
      if (&other == &now || other.nodes != now.nodes || !fits(slot, other)) continue;
      consider(slot, index, missing, best);
    }
  }

  void consider(std::size_t slot, std::size_t index, bool missing, Move& best) const {
    const Level& now = level_at(slot);
    const Level& other = job_.levels[index];
    const Level& final = level_at(last_);
    if (slot == last_) {
      if (!missing && rest_ <= room(other)) {
        offer(slot, index, last_cost(other, rest_) - last_cost(now, rest_), best);
      } else if (missing && other.speed > now.speed) {
        const double more = std::min(rest_, room(other)) - room(now);
        offer(slot, index,
              (last_cost(other, std::min(rest_, room(other))) - last_cost(now, room(now))) / more,
              best);
      }
      return;
    }
    const double more = (other.speed - now.speed) * seconds_[slot];
    const double price = (rate(slot, other) - rate(slot, now)) * seconds_[slot];
    const double rest = rest_ - more;
    if (missing) {
      if (more <= 0) return;
      const double useful = std::min(more, rest_ - room(final));
      const double back =
          rest < room(final) ? last_cost(final, room(final) - std::max(0.0, rest)) : 0;
      offer(slot, index, (price - back) / useful, best);
    } else if (rest > 0 && rest <= room(final)) {
      offer(slot, index, price - last_cost(final, more), best);
    }
  }

  /// Running on in the slot after the last one, at any level of the same nodes.
  void consider_longer(Move& best) const {
    const std::size_t next = last_ + 1;
    if (next >= slots_.size()) return;
    for (std::size_t index = 0; index < job_.levels.size(); ++index) {
      const Level& level = job_.levels[index];
      if (level.nodes != level_at(last_).nodes || !fits(next, level)) continue;
      offer(next, index, rate(next, level) / level.speed, best);
    }
  }

  static void offer(std::size_t slot, std::size_t level, double gain, Move& best) {
    if (gain < best.gain) best = {slot + 1, level, gain};
  }

  const Job& job_;
  const std::vector<PlanSlot>& slots_;
  SlotLevels levels_;
  std::vector<double> seconds_;  ///< In which each slot works.
  std::size_t last_{0};
  double rest_{0};  ///< Work that is left for the last slot.
};

/// The fastest level that is free in a slot, start-up included if `starting`; kOff if none is.
int fastest_free(const Job& job, const PlanSlot& slot, bool starting, int nodes) {
  int fastest = kOff;
  for (std::size_t index = 0; index < job.levels.size(); ++index) {
    const Level& level = job.levels[index];
    const Watts power = starting ? std::max(level.power, level.startup_power) : level.power;
    if (power > slot.free_power || level.nodes > slot.free_nodes) continue;
    if (nodes > 0 && level.nodes != nodes) continue;
    if (fastest == kOff || level.speed > job.levels[static_cast<std::size_t>(fastest)].speed) {
      fastest = static_cast<int>(index);
    }
  }
  return fastest;
}

/// Whether the nodes and watts of a plan are free, start-ups included.
bool all_free(const Job& job, const std::vector<PlanSlot>& slots, const SlotLevels& levels) {
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (levels[slot] == kOff) continue;
    const Level& level = job.levels[static_cast<std::size_t>(levels[slot])];
    const Watts power = std::max(level.power, level.startup_power);
    if (level.nodes > slots[slot].free_nodes || power > slots[slot].free_power) return false;
  }
  return true;
}

}  // namespace

std::optional<Plan> polish(const Job& job, const std::vector<PlanSlot>& slots, SlotLevels levels) {
  Draft draft(job, slots, std::move(levels));
  for (int move = 0; move < kMoves && draft.improve(); ++move) {
  }
  Plan plan = follow(job, slots, draft.take());
  return plan.complete() ? std::optional(std::move(plan)) : std::nullopt;
}

Plan start_earliest(const Job& job, const std::vector<PlanSlot>& slots, Plan plan) {
  const auto running = [](int level) { return level != kOff; };
  const bool runs = job.running_nodes > 0;  // Then it is the resumption that can come earlier.
  const auto waits =
      runs ? std::find(plan.levels.begin(), plan.levels.end(), kOff) : plan.levels.begin();
  const auto first = std::find_if(waits, plan.levels.end(), running);
  const auto start = static_cast<std::size_t>(first - plan.levels.begin());
  if (start >= slots.size()) return plan;
  const auto price = [&](std::size_t slot) {
    return (slots[slot].intensity + slots[slot].energy_price).value;
  };
  int tried = 0;
  auto slot = static_cast<std::size_t>(waits - plan.levels.begin());
  for (; slot < start && tried < kShifts; ++slot) {
    if (price(slot) > price(start) * (1 + kEqual)) continue;
    ++tried;
    SlotLevels levels(plan.levels.begin(), waits);
    levels.resize(slot, kOff);
    levels.insert(levels.end(), first, plan.levels.end());
    levels.resize(slots.size(), kOff);
    if (!all_free(job, slots, levels)) continue;
    Plan earlier = follow(job, slots, std::move(levels));
    if (earlier.complete() && earlier.cost <= plan.cost * (1 + kEqual)) return earlier;
  }
  return plan;
}

std::optional<Plan> as_fast_as_possible(const Job& job, const std::vector<PlanSlot>& slots) {
  SlotLevels levels(slots.size(), kOff);
  int nodes = job.running_nodes;
  Seconds startup{0};
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    int level = fastest_free(job, slots[slot], startup.count() > 0, nodes);
    if (level == kOff || nodes == 0) {
      level = fastest_free(job, slots[slot], true, 0);
      startup = job.startup;
    }
    levels[slot] = level;
    nodes = level == kOff ? 0 : job.levels[static_cast<std::size_t>(level)].nodes;
    startup -= std::min<Seconds>(startup, slots[slot].length);
  }
  Plan plan = follow(job, slots, std::move(levels));
  return plan.complete() ? std::optional(std::move(plan)) : std::nullopt;
}

}  // namespace greentrain
