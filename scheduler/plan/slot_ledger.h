#pragma once

#include <cstddef>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

/// What of a cluster is taken in each slot of a common grid. A slot counts the most that a plan
/// holds at any time in it, start-ups included, so the limits hold at every instant. Not
/// thread-safe.
class SlotLedger {
 public:
  SlotLedger(UtcTime start, std::chrono::seconds step, std::size_t slots, int nodes, Watts power);

  /// Sets what is free in the slots of one job. Outside the grid nothing is.
  void show_free(std::vector<PlanSlot>& slots) const;

  void reserve(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan);
  void release(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan);

  std::size_t slots() const { return used_.size(); }
  int used_nodes(std::size_t slot) const { return used_[slot].nodes; }
  Watts used_power(std::size_t slot) const { return used_[slot].power; }

 private:
  struct Use {
    int nodes{0};
    Watts power;
  };
  void add(const Job& job, const std::vector<PlanSlot>& slots, const Plan& plan, int sign);

  UtcTime start_;
  std::chrono::seconds step_;
  int nodes_;
  Watts power_;
  std::vector<Use> used_;
};

/// What a plan holds at most in one of its slots: its nodes (0 while paused) and watts.
int held_nodes(const Job& job, const Plan& plan, std::size_t slot);
Watts held_power(const Job& job, const Plan& plan, std::size_t slot);

}  // namespace greentrain
