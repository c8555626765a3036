#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/plan/cluster.h"
#include "scheduler/plan/exact_planner.h"

namespace greentrain {

/// Looks for the prices at which jobs that plan for themselves alone ask for about what there is.
/// Borrows cluster and jobs. Not thread-safe.
class PriceSearch {
 public:
  PriceSearch(const Cluster& cluster, const std::vector<Job>& jobs);

  /// Up to `rounds` steps from `prices`, each a plan of every job; returns how many were made. None
  /// if the prices are 0 and there is enough for everybody.
  int run(Prices& prices, int rounds, GridSize grid);

  /// The dual function: the jobs' least costs at these prices, less what all that there is would
  /// bring in. Whatever the prices, no plan within the limits emits less. Jobs that cannot be done
  /// at all are left out.
  Grams bound(const Prices& prices, GridSize grid);

 private:
  /// What all plans together use.
  struct Demand {
    std::vector<double> node_seconds;
    std::vector<double> joules;
    std::map<std::string, double> account_joules;
  };

  Demand demand_at(const Prices& prices, GridSize grid);
  bool is_met(const Demand& demand) const;
  void move(Prices& prices, const Demand& demand, int round) const;
  double node_scale() const;

  const Cluster& cluster_;
  const std::vector<Job>& jobs_;
  std::vector<std::vector<PlanSlot>> slots_;
  double node_seconds_;  ///< There are in one slot.
  double joules_;
};

}  // namespace greentrain
