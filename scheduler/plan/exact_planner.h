#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

class WorkGrid;
struct Edge;
enum class Rounding;

/// Into how many cells a job's work is cut: so many for each slot that it takes at full speed,
/// within limits. A multiple of the job's own length keeps the gap the same for short and long
/// jobs.
struct GridSize {
  std::size_t per_slot{16};
  std::size_t least{256};
  std::size_t most{4096};

  /// The same number for every job.
  static GridSize exactly(std::size_t cells) { return {0, cells, cells}; }
  /// The size of a cell, in seconds at speed 1.
  double cell_for(const Job& job, const std::vector<PlanSlot>& slots, Rounding rounding) const;
};

/// What a plan must not do although the slots would allow it.
struct PlanLimits {
  static constexpr std::size_t kAnySlot = std::numeric_limits<std::size_t>::max();
  std::size_t last_start{kAnySlot};  ///< Last slot in which a waiting job may start.
  std::size_t last_pause{kAnySlot};  ///< Pauses may begin in slots before this one.

  /// Starts at once and never pauses; only the levels are free.
  static PlanLimits run_at_once() { return {0, 0}; }
};

/// Plans one job at least cost: dynamic programming over (slot, work left, running or paused), as
/// docs/planning.md states it. Levels, starts and pauses change at slot boundaries; the plan may
/// end within a slot. Cost counts grams and the prices in the slots.
///
/// The job's work is cut into cells. plan() takes what is best on that grid, with what lies between
/// two cells interpolated, and makes its levels exact, so every plan it returns does all the work;
/// lower_bound() rounds. The two enclose the optimum, and the gap shrinks in proportion to
/// 1 / cells. One job of n slots and L levels takes about n * L * cells / 10 ns.
///
/// Pure in effect; it keeps its tables between calls, so one thread uses one planner.
class ExactPlanner {
 public:
  explicit ExactPlanner(GridSize size = {}) : size_(size) {}

  /// The best plan in `slots`, which end at the time by which the job must be done; of equal ones,
  /// that which starts first. Empty if even running in every slot would not do the work.
  std::optional<Plan> plan(const Job& job, const std::vector<PlanSlot>& slots,
                           const PlanLimits& limits = {});

  /// No plan under the same limits costs less; infinite if there is none.
  double lower_bound(const Job& job, const std::vector<PlanSlot>& slots,
                     const PlanLimits& limits = {});

 private:
  struct Position;
  float* values(std::size_t slot, std::size_t state) {
    return values_.data() + (slot * states_ + state) * stride_;
  }
  void solve(const WorkGrid& grid, const PlanLimits& limits);
  void solve_slot(const WorkGrid& grid, const PlanLimits& limits, std::size_t slot,
                  std::size_t from);
  float running(std::size_t slot, std::size_t state, double left);
  float paused(std::size_t slot, double left);
  float between(const float* at, std::size_t below, float part) const;
  float value_of(const Edge& edge, double left);
  float first_start(const WorkGrid& grid, const PlanLimits& limits, Position& best);
  std::optional<Position> opening(const WorkGrid& grid, const Job& job, const PlanLimits& limits,
                                  float& value);
  SlotLevels trace(const WorkGrid& grid, const PlanLimits& limits, Position at);

  GridSize size_;
  std::size_t states_{0};  ///< One per group of levels, then paused.
  std::size_t stride_{0};
  std::vector<float> values_;
};

}  // namespace greentrain
