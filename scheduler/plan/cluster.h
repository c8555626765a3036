#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

/// What all jobs of a cluster share, over slots of one grid.
struct Cluster {
  UtcTime start;  ///< Of the grid; deadlines past its end are cut to it.
  std::chrono::seconds step{std::chrono::minutes{15}};
  std::vector<GramsPerKwh> intensities;  ///< One per slot.
  int nodes{0};
  Watts power;                            ///< At any instant.
  std::map<std::string, Joules> budgets;  ///< Energy that an account may still use in this time.
};

/// What one unit of something scarce costs, in grams; 0 where there is enough.
struct Prices {
  std::vector<double> node_seconds;            ///< Per slot, g per node and second.
  std::vector<GramsPerKwh> energy;             ///< Per slot, on top of the intensity.
  std::map<std::string, GramsPerKwh> budgets;  ///< Per account, on top of both.
};

/// The slots in which a job may run, from its release to its planned deadline.
std::vector<PlanSlot> slots_in(const Cluster& cluster, const Job& job);

/// The slot of the grid that a job's slot lies in.
std::size_t grid_slot(const Cluster& cluster, const PlanSlot& slot);

Prices no_prices(const Cluster& cluster);

/// Sets what the slots cost a job; `budget` is the price of its account's energy.
void set_prices(const Cluster& cluster, const Prices& prices, GramsPerKwh budget,
                std::vector<PlanSlot>& slots);

/// The price of an account's energy, 0 if it has no budget.
GramsPerKwh budget_price(const Prices& prices, const std::string& account);

GramsPerKwh mean_intensity(const Cluster& cluster);

}  // namespace greentrain
