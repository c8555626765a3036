#include "scheduler/plan/baselines.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace greentrain {
namespace {

std::optional<Plan> if_complete(Plan plan) {
  return plan.complete() ? std::optional(std::move(plan)) : std::nullopt;
}

void keep_cheaper(std::optional<Plan>& best, std::optional<Plan> other) {
  if (other && (!best || other->cost < best->cost)) best = std::move(other);
}

/// How many slots from `first` on a run at `level` takes at most.
std::vector<PlanSlot> slots_from(const Job& job, const std::vector<PlanSlot>& slots,
                                 std::size_t first, std::size_t level) {
  const Seconds time = job.startup + job.work / job.levels[level].speed;
  const UtcTime end = slots[first].start + std::chrono::ceil<std::chrono::seconds>(time);
  auto last = slots.begin() + static_cast<std::ptrdiff_t>(first);
  while (last != slots.end() && last->start < end) ++last;
  return {slots.begin() + static_cast<std::ptrdiff_t>(first), last};
}

/// The cheapest start of a run at `level`; the earliest of equal ones.
std::optional<Plan> best_start(const Job& job, const std::vector<PlanSlot>& slots,
                               std::size_t level) {
  std::optional<std::pair<double, std::size_t>> best;
  for (std::size_t first = 0; first < slots.size(); ++first) {
    const auto piece = slots_from(job, slots, first, level);
    const Plan plan = follow(job, piece, run_from(0, piece.size(), level));
    if (!plan.complete()) break;
    if (!best || plan.cost < best->first) best = {plan.cost, first};
  }
  if (!best) return std::nullopt;
  return if_complete(follow(job, slots, run_from(best->second, slots.size(), level)));
}

}  // namespace

std::optional<Plan> run_now(const Job& job, const std::vector<PlanSlot>& slots) {
  return if_complete(follow(job, slots, run_from(0, slots.size(), fastest_level(job))));
}

std::optional<Plan> best_window(const Job& job, const std::vector<PlanSlot>& slots) {
  return best_start(job, slots, fastest_level(job));
}

std::optional<Plan> wait_awhile(const Job& job, const std::vector<PlanSlot>& slots) {
  std::vector<std::size_t> order(slots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto price = [&](std::size_t slot) {
    return (slots[slot].intensity + slots[slot].energy_price).value;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return price(a) < price(b); });
  SlotLevels levels(slots.size(), kOff);
  Seconds time{0};
  for (const std::size_t slot : order) {
    levels[slot] = static_cast<int>(fastest_level(job));
    time += slots[slot].length;
    if (time < fastest_run(job, job.work)) continue;
    if (auto plan = if_complete(follow(job, slots, levels))) return plan;
  }
  return std::nullopt;
}

std::optional<Plan> best_static_level(const Job& job, const std::vector<PlanSlot>& slots) {
  std::optional<Plan> best;
  for (std::size_t level = 0; level < job.levels.size(); ++level) {
    keep_cheaper(best, if_complete(follow(job, slots, run_from(0, slots.size(), level))));
  }
  return best;
}

std::optional<Plan> best_window_and_level(const Job& job, const std::vector<PlanSlot>& slots) {
  std::optional<Plan> best;
  for (std::size_t level = 0; level < job.levels.size(); ++level) {
    keep_cheaper(best, best_start(job, slots, level));
  }
  return best;
}

}  // namespace greentrain
