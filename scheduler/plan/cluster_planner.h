#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "scheduler/plan/cluster.h"
#include "scheduler/plan/exact_planner.h"

namespace greentrain {

enum class Unplaced { No, NoRoom, NoBudget, Impossible };
template <>
inline constexpr auto enum_names<Unplaced> = std::array<std::string_view, 4>{
    "placed", "no free nodes or watts before its deadline", "its account's energy is used up",
    "its deadline cannot be met even alone"};

struct PlacedJob {
  Unplaced unplaced{Unplaced::No};
  std::vector<PlanSlot> slots;
  std::optional<Plan> plan;  ///< Empty if unplaced; its cost is in grams, without prices.
};

struct ClusterPlan {
  std::vector<PlacedJob> jobs;  ///< In the order they were given in.
  std::size_t placed{0};
  Grams grams;    ///< Of those that are placed.
  Grams bound;    ///< No plan of all the given jobs within the limits emits less.
  Prices prices;  ///< For the next time.
  int rounds{0};  ///< Of prices.
};

struct ClusterSettings {
  int rounds{12};                      ///< Of prices at most; none if the cluster is not full.
  int sweeps{2};                       ///< Of planning each job again in what the others leave.
  GridSize price_grid{8, 128, 2048};   ///< While prices are sought,
  GridSize grid{16, 256, 4096};        ///< for the plans,
  GridSize bound_grid{32, 512, 8192};  ///< and for the bound.
};

/// Plans many jobs that share nodes, watts and energy budgets. Prices for what is scarce are moved
/// until the jobs, each planned alone at least cost, ask for about what there is (Lagrangian
/// relaxation with a subgradient step); then jobs are placed one after the other in the order of
/// priority, running ones first, then of latest safe start, each with its exact plan in what the
/// SlotLedger has left; at last each is planned again in what the others leave. Limits and
/// deadlines are never broken: a job that does not fit is returned unplaced. The bound is the dual
/// function at the best prices seen; see docs/planning.md. `before` are the prices of the last
/// plan, which save rounds. Pure.
ClusterPlan plan_cluster(const Cluster& cluster, const std::vector<Job>& jobs,
                         const ClusterSettings& settings = {},
                         const std::optional<Prices>& before = {});

}  // namespace greentrain
