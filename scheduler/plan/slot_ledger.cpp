#include "scheduler/plan/slot_ledger.h"

#include <algorithm>

namespace greentrain {
namespace {

const Level* level_in(const Job& job, const Plan& plan, std::size_t slot) {
  const int level = plan.levels[slot];
  return level == kOff ? nullptr : &job.levels[static_cast<std::size_t>(level)];
}

}  // namespace

int held_nodes(const Job& job, const Plan& plan, std::size_t slot) {
  const Level* level = level_in(job, plan, slot);
  return level == nullptr ? 0 : level->nodes;
}

Watts held_power(const Job& job, const Plan& plan, std::size_t slot) {
  const SlotUse& use = plan.uses[slot];
  const Level* level = level_in(job, plan, slot);
  if (level == nullptr) {
    if (use.saving.count() > 0) return job.levels[fastest_level(job)].startup_power;
    return use.paused.count() > 0 ? job.paused_power : Watts{};
  }
  const bool full = (use.starting + use.saving).count() > 0;
  return full ? std::max(level->startup_power, level->power) : level->power;
}

SlotLedger::SlotLedger(UtcTime start, std::chrono::seconds step, std::size_t slots, int nodes,
                       Watts power)
    : start_(start), step_(step), nodes_(nodes), power_(power), used_(slots) {}

void SlotLedger::show_free(std::vector<PlanSlot>& slots) const {
  // Sums of watts carry rounding; a milliwatt is not worth a refusal.
  constexpr Watts kRounding{1e-3};
  for (PlanSlot& slot : slots) {
    const auto index = static_cast<std::size_t>((slot.start - start_) / step_);
    const bool inside = slot.start >= start_ && index < used_.size();
    slot.free_nodes = inside ? nodes_ - used_[index].nodes : 0;
    slot.free_power = inside ? power_ - used_[index].power + kRounding : Watts{-1};
  }
}

void SlotLedger::reserve(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan) {
  add(job, slots, plan, 1);
}

void SlotLedger::release(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan) {
  add(job, slots, plan, -1);
}

void SlotLedger::add(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan,
                     int sign) {
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const auto index = static_cast<std::size_t>((slots[slot].start - start_) / step_);
    if (index >= used_.size()) break;
    used_[index].nodes += sign * held_nodes(job, plan, slot);
    used_[index].power += sign * held_power(job, plan, slot);
  }
}

}  // namespace greentrain
