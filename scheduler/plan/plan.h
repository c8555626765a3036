#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "scheduler/plan/job.h"

namespace greentrain {

/// One slot of the time that a plan may use: what a kilowatt-hour costs in it and what is free.
struct PlanSlot {
  UtcTime start;
  std::chrono::seconds length;
  GramsPerKwh intensity;       ///< Mean over the slot.
  GramsPerKwh energy_price{};  ///< On top of the intensity, for scarce watts or joules.
  double node_price{0};        ///< Grams per node and second, for scarce nodes.
  Watts free_power{std::numeric_limits<double>::infinity()};
  int free_nodes{std::numeric_limits<int>::max()};
  bool known{true};  ///< False: the intensity is a stand-in, see slots_of().

  UtcTime end() const { return start + length; }
};

inline constexpr int kOff = -1;
/// For each slot the level at which the job runs in it, or kOff.
using SlotLevels = std::vector<int>;

/// Slots of `step` on the clock's grid (:00, :15...), the first and last cut to [from, to).
/// `intensity` gives the mean over a slot; where it knows none, the highest that is known stands
/// in, so that nothing is gained by moving there. Throws Error if no slot is known.
std::vector<PlanSlot> make_slots(
    UtcTime from, UtcTime to, std::chrono::seconds step,
    const std::function<std::optional<GramsPerKwh>(UtcTime, UtcTime)>& intensity);

/// What one slot of a plan comes to.
struct SlotUse {
  Seconds starting{0};  ///< Start-up, at the start-up power.
  Seconds running{0};   ///< With progress, at the level's power.
  Seconds saving{0};    ///< Checkpoint before a pause.
  Seconds paused{0};
  Joules energy;
  Grams grams;
  double cost{0};  ///< Grams and prices.
};

/// A plan and all that follows from it.
struct Plan {
  SlotLevels levels;
  std::vector<SlotUse> uses;  ///< One per slot.
  UtcTime start;
  UtcTime end;  ///< When the work is done, rounded up to a second.
  Joules energy;
  Grams grams;
  double cost{0};   ///< Grams plus what the prices of nodes, watts and budgets add.
  int starts{0};    ///< The first one and each resumption.
  Seconds left{0};  ///< Work that is not done at the end of the slots; 0 if the plan is complete.
  bool complete() const { return left.count() <= 0; }
};

/// Follows a plan second by second: the meaning of a SlotLevels, and the one place that counts
/// energy and grams. A job that starts, resumes, or changes its number of nodes first spends
/// job.startup at the start-up power, over as many slots as that takes; then it works at the
/// slot's level. It ends within a slot as soon as its work is done. Between two runs it is paused.
Plan follow(const Job& job, const std::vector<PlanSlot>& slots, SlotLevels levels);

/// Runs in every slot from `first` on at `level`, until the work is done.
SlotLevels run_from(std::size_t first, std::size_t slots, std::size_t level);

}  // namespace greentrain
