#include "scheduler/plan/plan.h"

#include <algorithm>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr Seconds kNothing{1e-6};  ///< Less work than this is rounding.

/// Follows the job through its slots.
class Walk {
 public:
  explicit Walk(const Job& job)
      : job_(job),
        left_(job.work),
        saving_power_(job.levels[fastest_level(job)].startup_power),
        nodes_(job.running_nodes),
        started_(job.paused || job.running_nodes > 0) {}

  SlotUse run(const PlanSlot& slot, const Level& level) {
    SlotUse use;
    if (nodes_ != level.nodes) {
      if (nodes_ > 0) use.saving = std::min<Seconds>(job_.checkpoint, slot.length);
      nodes_ = level.nodes;
      startup_left_ = job_.startup;
      started_ = true;
      ++starts_;
    }
    use.starting = std::min<Seconds>(startup_left_, slot.length - use.saving);
    startup_left_ -= use.starting;
    const Seconds time = slot.length - use.saving - use.starting;
    use.running = std::min(time, left_ / level.speed);
    left_ -= use.running * level.speed;
    if (left_ <= kNothing && startup_left_.count() <= 0) left_ = Seconds{0};
    charge(use, slot, (use.starting + use.saving) * level.startup_power + use.running * level.power,
           (use.starting + use.saving + use.running).count() * level.nodes);
    return use;
  }

  SlotUse rest(const PlanSlot& slot) {
    SlotUse use;
    if (!started_ || done()) return use;
    if (nodes_ > 0) use.saving = std::min<Seconds>(job_.checkpoint, slot.length);
    nodes_ = 0;
    use.paused = slot.length - use.saving;
    charge(use, slot, use.saving * saving_power_ + use.paused * job_.paused_power, 0);
    return use;
  }

  bool done() const { return left_.count() <= 0; }
  Seconds left() const { return left_; }
  int starts() const { return starts_; }

 private:
  static void charge(SlotUse& use, const PlanSlot& slot, Joules energy, double node_seconds) {
    use.energy = energy;
    use.grams = energy * slot.intensity;
    use.cost = (use.grams + energy * slot.energy_price).value + node_seconds * slot.node_price;
  }

  const Job& job_;
  Seconds left_;
  Watts saving_power_;
  int nodes_;  ///< 0: not running.
  bool started_;
  Seconds startup_left_{0};
  int starts_{0};
};

void add(Plan& plan, const PlanSlot& slot, const SlotUse& use) {
  const Seconds busy = use.starting + use.running;
  if (busy.count() > 0) {
    if (plan.end == UtcTime{}) plan.start = slot.start;
    plan.end = slot.start + std::chrono::ceil<std::chrono::seconds>(use.saving + busy - kNothing);
  }
  plan.energy += use.energy;
  plan.grams += use.grams;
  plan.cost += use.cost;
}

/// Slots without a known intensity get the highest known one.
void fill_unknown(std::vector<PlanSlot>& slots) {
  GramsPerKwh highest;
  for (const PlanSlot& slot : slots) {
    if (slot.known) highest = std::max(highest, slot.intensity);
  }
  if (highest.value == 0) throw Error("the carbon intensity is not known in any slot of the plan");
  for (PlanSlot& slot : slots) {
    if (!slot.known) slot.intensity = highest;
  }
}

}  // namespace

std::vector<PlanSlot> make_slots(
    UtcTime from, UtcTime to, std::chrono::seconds step,
    const std::function<std::optional<GramsPerKwh>(UtcTime, UtcTime)>& intensity) {
  std::vector<PlanSlot> slots;
  for (UtcTime start = from; start < to;) {
    const UtcTime end = std::min(to, start - start.time_since_epoch() % step + step);
    const auto mean = intensity(start, end);
    PlanSlot slot{start, end - start, mean.value_or(GramsPerKwh{})};
    slot.known = mean.has_value();
    slots.push_back(slot);
    start = end;
  }
  if (!slots.empty()) fill_unknown(slots);
  return slots;
}

Plan follow(const Job& job, const std::vector<PlanSlot>& slots, SlotLevels levels) {
  Walk walk(job);
  Plan plan;
  plan.uses.reserve(slots.size());
  levels.resize(slots.size(), kOff);
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    int& level = levels[slot];
    if (walk.done()) level = kOff;
    plan.uses.push_back(level == kOff
                            ? walk.rest(slots[slot])
                            : walk.run(slots[slot], job.levels[static_cast<std::size_t>(level)]));
    add(plan, slots[slot], plan.uses.back());
  }
  plan.levels = std::move(levels);
  plan.left = walk.left();
  plan.starts = walk.starts();
  return plan;
}

SlotLevels run_from(std::size_t first, std::size_t slots, std::size_t level) {
  SlotLevels levels(slots, kOff);
  std::fill(levels.begin() + static_cast<std::ptrdiff_t>(first), levels.end(),
            static_cast<int>(level));
  return levels;
}

}  // namespace greentrain
