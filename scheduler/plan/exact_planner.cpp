#include "scheduler/plan/exact_planner.h"

#include <algorithm>
#include <cmath>

#include "core/cpu_clones.h"
#include "scheduler/plan/polish.h"
#include "scheduler/plan/work_grid.h"

namespace greentrain {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();
constexpr double kWhole = 1e-6;  ///< Cells this close to a whole number are one.
constexpr float kTie = 1e-6F;    ///< Costs this close, as a share, count as equal.

/// out[w] = min(out[w], cost of taking the edge with w cells left), for w in [low, size).
GREENTRAIN_CPU_CLONES
void relax(float* __restrict out, const float* __restrict next, std::size_t low, std::size_t size,
           std::size_t whole, float part, float cost, float base, float slope) {
  const std::size_t ends = std::min(whole, size);
  for (std::size_t w = low; w < ends; ++w) {
    const float value = base + slope * static_cast<float>(static_cast<int>(w));
    out[w] = value < out[w] ? value : out[w];
  }
  low = std::max(low, ends);
  if (part > 0) {
    for (std::size_t w = low; w < size; ++w) {
      const float value = cost + (1 - part) * next[w - whole] + part * next[w - whole + 1];
      out[w] = value < out[w] ? value : out[w];
    }
  } else {
    for (std::size_t w = low; w < size; ++w) {
      const float value = cost + next[w - whole];
      out[w] = value < out[w] ? value : out[w];
    }
  }
}

}  // namespace

double GridSize::cell_for(const Job& job, const std::vector<PlanSlot>& slots,
                          Rounding rounding) const {
  // The first and the last slot may be cut short.
  const auto length = static_cast<double>(slots[slots.size() / 2].length.count());
  const double taken = std::ceil(job.work.count() / length) * static_cast<double>(per_slot);
  const auto cells =
      std::clamp(static_cast<std::size_t>(std::min(taken, 1e9)), least, std::max(least, most));
  const double even = job.work.count() / static_cast<double>(cells);
  if (rounding == Rounding::Up || per_slot == 0) return even;
  // A slot at full speed is a whole number of cells: a job with no time to lose loses none.
  const double full = length * job.levels[fastest_level(job)].speed;
  return full / std::max(1.0, std::floor(full / even));
}

/// Where a plan stands at the start of a slot.
struct ExactPlanner::Position {
  std::size_t slot{0};
  std::size_t state{0};
  double left{0};                ///< Cells.
  const Edge* through{nullptr};  ///< The first start, if it has just been taken from `since` on.
  std::size_t since{0};
};

/// Of running at the start of a slot.
float ExactPlanner::running(std::size_t slot, std::size_t state, double left) {
  const float* at = values(slot, state);
  const auto below = static_cast<std::size_t>(left + kWhole);
  const auto part = static_cast<float>(left - static_cast<double>(below));
  return between(at, below, part);
}

/// Likewise of being paused, where any work left at all costs a start.
float ExactPlanner::paused(std::size_t slot, double left) {
  const float* at = values(slot, states_ - 1);
  const auto below = static_cast<std::size_t>(left + kWhole);
  const auto part = static_cast<float>(left - static_cast<double>(below));
  if (below == 0 && part >= kWhole) return at[1];
  return between(at, below, part);
}

/// Where a whole cell more could not be done in time, this work still may be: the plan that is made
/// of it tells.
float ExactPlanner::between(const float* at, std::size_t below, float part) const {
  if (part < kWhole || below + 1 == stride_ || at[below + 1] == kNever) return at[below];
  return (1 - part) * at[below] + part * at[below + 1];
}

float ExactPlanner::value_of(const Edge& edge, double left) {
  if (!edge.open()) return kNever;
  if (left < edge.work - kWhole) return edge.base + edge.slope * static_cast<float>(left);
  return edge.cost + running(edge.to, edge.group, std::max(0.0, left - edge.work));
}

void ExactPlanner::solve(const WorkGrid& grid, const PlanLimits& limits) {
  states_ = grid.groups() + 1;
  stride_ = static_cast<std::size_t>(std::ceil(grid.work() - kWhole)) + 1;
  values_.resize((grid.slots() + 1) * states_ * stride_);
  for (std::size_t state = 0; state < states_; ++state) {
    float* end = values(grid.slots(), state);
    std::fill(end, end + stride_, kNever);
    end[0] = 0;
  }
  // Fewer cells than this cannot be left when slot t begins.
  std::vector<std::size_t> least(grid.slots(), static_cast<std::size_t>(grid.work() + kWhole));
  for (std::size_t slot = 1; slot < grid.slots(); ++slot) {
    least[slot] = least[slot - 1] - std::min(least[slot - 1], grid.most_cells(slot - 1));
  }
  for (std::size_t slot = grid.slots(); slot-- > 0;) solve_slot(grid, limits, slot, least[slot]);
}

void ExactPlanner::solve_slot(const WorkGrid& grid, const PlanLimits& limits, std::size_t slot,
                              std::size_t from) {
  const std::size_t rests = grid.groups();
  const auto take = [&](std::size_t state, const Edge& edge) {
    if (!edge.open()) return;
    const double whole = std::ceil(edge.work - kWhole);
    const double part = whole - edge.work;
    relax(values(slot, state), values(edge.to, edge.group), from, stride_,
          static_cast<std::size_t>(whole), part < kWhole ? 0 : static_cast<float>(part), edge.cost,
          edge.base, edge.slope);
  };
  for (std::size_t state = 0; state < states_; ++state) {
    const bool may_rest = state == rests || slot < limits.last_pause;
    const float cost = state == rests ? grid.rest(slot) : grid.pause(slot);
    const float* rested = values(slot + 1, rests);
    float* out = values(slot, state);
    for (std::size_t w = from; w < stride_; ++w) out[w] = may_rest ? cost + rested[w] : kNever;
  }
  for (std::size_t level = 0; level < grid.levels(); ++level) {
    take(grid.run(slot, level).group, grid.run(slot, level));
    take(rests, grid.start(slot, level));
    for (std::size_t group = 0; grid.groups() > 1 && group < grid.groups(); ++group) {
      const Edge& change = grid.change(slot, level);
      if (change.group != group) take(group, change);
    }
  }
  if (from > 0) return;
  for (std::size_t state = 0; state < states_; ++state) values(slot, state)[0] = 0;  // Done.
}

/// The best first start of a waiting job, and of equally good ones the earliest.
float ExactPlanner::first_start(const WorkGrid& grid, const PlanLimits& limits, Position& best) {
  float value = kNever;
  for (std::size_t slot = 0; slot < grid.slots() && slot <= limits.last_start; ++slot) {
    for (std::size_t level = 0; level < grid.levels(); ++level) {
      const Edge& edge = grid.start(slot, level);
      const float candidate = value_of(edge, grid.work());
      if (candidate >= value * (best.since < slot ? 1 - kTie : 1)) continue;
      value = candidate;
      best = {edge.to, edge.group, grid.work(), &edge, slot};
    }
  }
  return value;
}

std::optional<ExactPlanner::Position> ExactPlanner::opening(const WorkGrid& grid, const Job& job,
                                                            const PlanLimits& limits,
                                                            float& value) {
  Position position{0, grid.groups(), grid.work(), nullptr, 0};
  if (job.running_nodes > 0 && grid.group_of(job.running_nodes) < grid.groups()) {
    position.state = grid.group_of(job.running_nodes);
    value = running(0, position.state, position.left);
  } else if (job.paused || job.running_nodes > 0) {
    value = paused(0, position.left);
  } else {
    value = first_start(grid, limits, position);
  }
  return value < kNever ? std::optional(position) : std::nullopt;
}

SlotLevels ExactPlanner::trace(const WorkGrid& grid, const PlanLimits& limits, Position at) {
  SlotLevels levels(grid.slots(), kOff);
  const std::size_t rests = grid.groups();
  const auto follow_edge = [&](const Edge& edge) {
    std::fill(levels.begin() + static_cast<std::ptrdiff_t>(at.since),
              levels.begin() + static_cast<std::ptrdiff_t>(edge.to), static_cast<int>(edge.level));
    at.left = std::max(0.0, at.left - edge.work);
    at = {edge.to, edge.group, at.left, nullptr, edge.to};
  };
  if (at.through != nullptr) follow_edge(*at.through);
  while (at.left > kWhole && at.slot < grid.slots()) {
    at.since = at.slot;
    const Edge* best = nullptr;
    float value = kNever;
    const auto consider = [&](const Edge& edge) {
      const float candidate = value_of(edge, at.left);
      if (candidate < value) {
        value = candidate;
        best = &edge;
      }
    };
    for (std::size_t level = 0; level < grid.levels(); ++level) {
      if (at.state == rests) {
        consider(grid.start(at.slot, level));
      } else if (grid.run(at.slot, level).group == at.state) {
        consider(grid.run(at.slot, level));
      } else {
        consider(grid.change(at.slot, level));
      }
    }
    const bool may_rest = at.state == rests || at.slot < limits.last_pause;
    const float cost = at.state == rests ? grid.rest(at.slot) : grid.pause(at.slot);
    // Of equal ways the one that runs first: rounding must not put off what costs the same now.
    if (may_rest && cost + paused(at.slot + 1, at.left) < value * (1 - kTie)) {
      at = {at.slot + 1, rests, at.left, nullptr, at.slot + 1};
    } else if (best != nullptr) {
      follow_edge(*best);
    } else {
      break;  // Not reached from a finite value.
    }
  }
  return levels;
}

std::optional<Plan> ExactPlanner::plan(const Job& job, const std::vector<PlanSlot>& slots,
                                       const PlanLimits& limits) {
  if (slots.empty()) return std::nullopt;
  const WorkGrid grid(job, slots, size_.cell_for(job, slots, Rounding::None), Rounding::None);
  solve(grid, limits);
  float value = kNever;
  if (const auto from = opening(grid, job, limits, value)) {
    auto plan = polish(job, slots, trace(grid, limits, *from));
    if (plan) return start_earliest(job, slots, std::move(*plan));
  }
  // Too tight for the grid: run wherever there is room for it.
  return as_fast_as_possible(job, slots);
}

double ExactPlanner::lower_bound(const Job& job, const std::vector<PlanSlot>& slots,
                                 const PlanLimits& limits) {
  if (slots.empty()) return std::numeric_limits<double>::infinity();
  const WorkGrid grid(job, slots, size_.cell_for(job, slots, Rounding::Up), Rounding::Up);
  solve(grid, limits);
  float value = kNever;
  if (!opening(grid, job, limits, value)) return std::numeric_limits<double>::infinity();
  // Each slot adds one rounding of a float.
  const double rounding =
      std::numeric_limits<float>::epsilon() * static_cast<double>(slots.size() + 4);
  return value * (1 - rounding - kTie);
}

}  // namespace greentrain
