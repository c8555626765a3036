#include "scheduler/plan/work_grid.h"

#include <algorithm>
#include <cmath>

namespace greentrain {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// Cost of one second of something that draws `power` on `nodes`.
double rate(const PlanSlot& slot, Watts power, int nodes) {
  return power.value / kJoulesPerKwh * (slot.intensity + slot.energy_price).value +
         nodes * slot.node_price;
}

bool fits(const PlanSlot& slot, Watts power, int nodes) {
  return power <= slot.free_power && nodes <= slot.free_nodes;
}

double running_rate(const PlanSlot& slot, const Level& level) {
  return fits(slot, level.power, level.nodes) ? rate(slot, level.power, level.nodes) : kInfinite;
}

double starting_rate(const PlanSlot& slot, const Level& level) {
  return fits(slot, level.startup_power, level.nodes) ? rate(slot, level.startup_power, level.nodes)
                                                      : kInfinite;
}

}  // namespace

struct WorkGrid::Maker {
  const Job& job;
  const std::vector<PlanSlot>& slots;
  Rounding rounding;
  double cell;                     ///< Work, in s at speed 1.
  std::vector<double> cheapest{};  ///< Least cost of a unit of work from each slot on.

  void survey() {
    cheapest.assign(slots.size() + 1, kInfinite);
    for (std::size_t slot = slots.size(); slot-- > 0;) {
      cheapest[slot] = cheapest[slot + 1];
      for (const Level& level : job.levels) {
        cheapest[slot] = std::min(cheapest[slot], running_rate(slots[slot], level) / level.speed);
      }
    }
  }

  /// Fills what follows from running for the last `seconds` before the end of slot to - 1.
  Edge finish(Edge edge, double seconds, double base) const {
    const Level& level = job.levels[edge.level];
    const PlanSlot& slot = slots[edge.to - 1];
    edge.work = level.speed * seconds / cell;
    const double per_second = running_rate(slot, level);
    double cost = base + per_second * seconds;
    if (rounding == Rounding::Up) {
      const double whole = std::ceil(edge.work - 1e-9);
      const double given = std::max(0.0, (whole - edge.work) * cell);
      edge.work = whole;
      if (given > 0 && edge.to < slots.size() && cheapest[edge.to] < kInfinite) {
        cost += given * cheapest[edge.to];
      }
    }
    edge.cost = static_cast<float>(cost);
    edge.base = static_cast<float>(base);
    edge.slope = static_cast<float>(per_second / level.speed * cell);
    return edge;
  }

  Edge run(std::size_t slot, std::size_t level, std::size_t group) const {
    return finish({slot + 1, 0, 0, 0, 0, level, group},
                  static_cast<double>(slots[slot].length.count()), 0);
  }

  /// A start-up of `seconds` from the start of `slot` on, then running to the end of a slot.
  Edge start(std::size_t slot, std::size_t level, std::size_t group, double seconds) const {
    double base = 0;
    double left = seconds;
    for (;; ++slot) {
      if (slot == slots.size()) return {slot, 0, static_cast<float>(kInfinite), 0, 0, level, group};
      const auto length = static_cast<double>(slots[slot].length.count());
      const double part = std::min(left, length);
      if (part > 0) base += part * starting_rate(slots[slot], job.levels[level]);
      left -= part;
      if (left > 0) continue;
      return finish({slot + 1, 0, 0, 0, 0, level, group}, length - part, base);
    }
  }
};

WorkGrid::WorkGrid(const Job& job, const std::vector<PlanSlot>& slots, double cell,
                   Rounding rounding)
    : slots_(slots.size()), work_(job.work.count() / cell), levels_(job.levels.size()) {
  if (rounding == Rounding::Up) work_ = std::round(work_);
  Maker maker{job, slots, rounding, cell};
  maker.survey();
  for (const Level& level : job.levels) {
    if (group_of(level.nodes) == groups_) {
      group_nodes_.push_back(level.nodes);
      ++groups_;
    }
  }
  const Watts saving = job.levels[fastest_level(job)].startup_power;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    const auto length = static_cast<double>(slots[slot].length.count());
    const double checkpoint = std::min(job.checkpoint.count(), length);
    std::size_t most = 0;
    for (std::size_t level = 0; level < levels_; ++level) {
      const std::size_t group = group_of(job.levels[level].nodes);
      runs_.push_back(maker.run(slot, level, group));
      starts_.push_back(maker.start(slot, level, group, job.startup.count()));
      if (groups_ > 1) {
        changes_.push_back(maker.start(slot, level, group, job.startup.count() + checkpoint));
      }
      most = std::max(most, static_cast<std::size_t>(runs_.back().work) + 2);
    }
    most_cells_.push_back(most);
    const double paused = rate(slots[slot], job.paused_power, 0);
    rests_.push_back(static_cast<float>(paused * length));
    pauses_.push_back(static_cast<float>(paused * (length - checkpoint) +
                                         rate(slots[slot], saving, 0) * checkpoint));
  }
}

std::size_t WorkGrid::group_of(int nodes) const {
  return static_cast<std::size_t>(std::find(group_nodes_.begin(), group_nodes_.end(), nodes) -
                                  group_nodes_.begin());
}

}  // namespace greentrain
