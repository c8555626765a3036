#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

/// Whether the work of a slot becomes a whole number of cells.
enum class Rounding {
  /// No: what is between two cells costs what lies between.
  None,
  /// Up, with the work that this gives away charged at the least it can cost: the optimum on such a
  /// grid is a lower bound of the true one. See docs/planning.md.
  Up,
};

/// One thing a job can do from the start of a slot on: run through it, or start up and then run.
struct Edge {
  std::size_t to;  ///< The slot it leads to.
  double work;     ///< Done on the way, in cells.
  float cost;      ///< If the job needs the whole way; infinite if nodes or watts are not free.
  float base;      ///< If w < work are left, it ends on the way at base + slope * w.
  float slope;
  std::size_t level;
  std::size_t group;

  bool open() const { return cost < std::numeric_limits<float>::infinity(); }
};

/// A job's choices in each slot, with its work cut into cells of equal size. Levels on the same
/// number of nodes form a group: within it a level is changed freely, between groups by a restart.
class WorkGrid {
 public:
  /// cell: its size, in seconds at speed 1; the job's work is a whole number of them for
  /// Rounding::Up.
  WorkGrid(const Job& job, const std::vector<PlanSlot>& slots, double cell, Rounding rounding);

  std::size_t slots() const { return slots_; }
  double work() const { return work_; }  ///< Of the job, in cells.
  std::size_t levels() const { return levels_; }
  std::size_t groups() const { return groups_; }
  std::size_t group_of(int nodes) const;  ///< groups() if no level has so many.

  const Edge& run(std::size_t slot, std::size_t level) const { return at(runs_, slot, level); }
  const Edge& start(std::size_t slot, std::size_t level) const { return at(starts_, slot, level); }
  /// From another group: a checkpoint, then a start.
  const Edge& change(std::size_t slot, std::size_t level) const {
    return at(changes_, slot, level);
  }
  float pause(std::size_t slot) const { return pauses_[slot]; }  ///< Cost of the first paused slot.
  float rest(std::size_t slot) const { return rests_[slot]; }    ///< Cost of each further one.
  std::size_t most_cells(std::size_t slot) const { return most_cells_[slot]; }

 private:
  struct Maker;
  const Edge& at(const std::vector<Edge>& edges, std::size_t slot, std::size_t level) const {
    return edges[slot * levels_ + level];
  }

  std::size_t slots_;
  double work_;
  std::size_t levels_;
  std::size_t groups_{0};
  std::vector<int> group_nodes_;
  std::vector<Edge> runs_;
  std::vector<Edge> starts_;
  std::vector<Edge> changes_;
  std::vector<float> pauses_;
  std::vector<float> rests_;
  std::vector<std::size_t> most_cells_;
};

}  // namespace greentrain
