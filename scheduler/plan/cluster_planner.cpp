#include "scheduler/plan/cluster_planner.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "scheduler/plan/polish.h"
#include "scheduler/plan/price_search.h"
#include "scheduler/plan/slot_ledger.h"

namespace greentrain {
namespace {

constexpr int kPasses = 8;        ///< Of placing, each with what failed before placed earlier.
constexpr double kDearer = 1.15;  ///< Prices of the next pass.
constexpr int kBudgetTries = 6;   ///< Each doubles the price of a joule.

/// Places jobs one after the other in what is left of the cluster.
class Placement {
 public:
  Placement(const Cluster& cluster, const std::vector<Job>& jobs, const Prices& prices,
            GridSize grid)
      : cluster_(cluster), jobs_(jobs), prices_(prices), planner_(grid) {}

  /// All jobs at the prices, each in what those before it have left.
  std::vector<PlacedJob> place(const std::vector<std::size_t>& order) {
    SlotLedger ledger(cluster_.start, cluster_.step, cluster_.intensities.size(), cluster_.nodes,
                      cluster_.power);
    std::map<std::string, Joules> budgets = cluster_.budgets;
    std::vector<PlacedJob> placed(jobs_.size());
    for (const std::size_t index : order) {
      const Job& job = jobs_[index];
      PlacedJob& one = placed[index];
      one.slots = slots_in(cluster_, job);
      ledger.show_free(one.slots);
      const auto budget = budgets.find(job.account);
      place_job(job, budget == budgets.end() ? std::nullopt : std::optional(budget->second), one);
      if (!one.plan) continue;
      ledger.reserve(job, one.slots, *one.plan);
      if (budget != budgets.end()) budget->second = budget->second - one.plan->energy;
    }
    return placed;
  }

  /// Plans each job again in what all the others leave, without prices; only gains are kept.
  void improve(const std::vector<std::size_t>& order, std::vector<PlacedJob>& placed) {
    SlotLedger ledger(cluster_.start, cluster_.step, cluster_.intensities.size(), cluster_.nodes,
                      cluster_.power);
    std::map<std::string, Joules> budgets = cluster_.budgets;
    for (std::size_t index = 0; index < placed.size(); ++index) {
      if (!placed[index].plan) continue;
      ledger.reserve(jobs_[index], placed[index].slots, *placed[index].plan);
      const auto budget = budgets.find(jobs_[index].account);
      if (budget != budgets.end()) budget->second = budget->second - placed[index].plan->energy;
    }
    const Prices none = no_prices(cluster_);
    for (const std::size_t index : order) {
      PlacedJob& one = placed[index];
      if (!one.plan) continue;
      ledger.release(jobs_[index], one.slots, *one.plan);
      ledger.show_free(one.slots);
      set_prices(cluster_, none, {}, one.slots);
      auto plan = planner_.plan(jobs_[index], one.slots);
      const auto budget = budgets.find(jobs_[index].account);
      const bool affordable =
          budget == budgets.end() || !plan || plan->energy <= budget->second + one.plan->energy;
      if (plan && plan->grams < one.plan->grams && affordable) {
        if (budget != budgets.end()) {
          budget->second = budget->second + one.plan->energy - plan->energy;
        }
        one.plan = std::move(plan);
      }
      ledger.reserve(jobs_[index], one.slots, *one.plan);
    }
  }

 private:
  /// At the prices; if that breaks the budget, at ever higher prices of energy.
  void place_job(const Job& job, std::optional<Joules> budget, PlacedJob& placed) {
    GramsPerKwh price = budget_price(prices_, job.account);
    for (int attempt = 0; attempt < kBudgetTries; ++attempt) {
      set_prices(cluster_, prices_, price, placed.slots);
      auto plan = planner_.plan(job, placed.slots);
      if (!plan) break;
      if (!budget || plan->energy <= *budget) {
        plan->cost = plan->grams.value;
        placed.plan = std::move(plan);
        placed.unplaced = Unplaced::No;
        return;
      }
      placed.unplaced = Unplaced::NoBudget;
      price = std::max(mean_intensity(cluster_), price * 2);
    }
    if (placed.unplaced == Unplaced::No) placed.unplaced = why_not(job, placed.slots);
  }

  Unplaced why_not(const Job& job, std::vector<PlanSlot> slots) const {
    for (PlanSlot& slot : slots) {
      slot.free_nodes = cluster_.nodes;
      slot.free_power = cluster_.power;
    }
    return as_fast_as_possible(job, slots) ? Unplaced::NoRoom : Unplaced::Impossible;
  }

  const Cluster& cluster_;
  const std::vector<Job>& jobs_;
  const Prices& prices_;
  ExactPlanner planner_;
};

std::vector<std::size_t> order_of(const std::vector<Job>& jobs) {
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t index) {
    const Job& job = jobs[index];
    return std::tuple(-job.priority, job.running_nodes > 0 ? 0 : 1, latest_safe_start(job));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

/// Moves forward, among equal priorities, what found no room most often.
void favour_unplaced(std::vector<std::size_t>& order, const std::vector<Job>& jobs,
                     const std::vector<int>& failures) {
  const auto key = [&](std::size_t index) {
    return std::tuple(-jobs[index].priority, -failures[index]);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
}

/// Dearer nodes and watts make everybody finish sooner, which leaves room for more.
void raise(Prices& prices) {
  for (std::size_t slot = 0; slot < prices.energy.size(); ++slot) {
    prices.node_seconds[slot] *= kDearer;
    prices.energy[slot].value *= kDearer;
  }
}

/// Keeps what was placed if it is more, or as much with less carbon.
void keep_better(ClusterPlan& best, std::vector<PlacedJob> placed) {
  std::size_t count = 0;
  Grams grams;
  for (const PlacedJob& job : placed) {
    if (!job.plan) continue;
    ++count;
    grams += job.plan->grams;
  }
  const bool better =
      best.jobs.empty() || count > best.placed || (count == best.placed && grams < best.grams);
  if (better) {
    best.jobs = std::move(placed);
    best.placed = count;
    best.grams = grams;
  }
}

}  // namespace

ClusterPlan plan_cluster(const Cluster& cluster, const std::vector<Job>& jobs,
                         const ClusterSettings& settings, const std::optional<Prices>& before) {
  ClusterPlan made;
  made.prices = no_prices(cluster);
  const bool usable = before && before->energy.size() == cluster.intensities.size() &&
                      before->node_seconds.size() == cluster.intensities.size();
  if (usable) made.prices = *before;
  for (const auto& [account, joules] : cluster.budgets) made.prices.budgets.try_emplace(account);
  PriceSearch search(cluster, jobs);
  made.rounds = search.run(made.prices, settings.rounds, settings.price_grid);
  made.bound = search.bound(made.prices, settings.bound_grid);
  if (made.rounds > 0) {
    made.bound = std::max(made.bound, search.bound(no_prices(cluster), settings.bound_grid));
  }
  Prices prices = made.prices;
  std::vector<std::size_t> order = order_of(jobs);
  std::vector<int> failures(jobs.size(), 0);
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto placed = Placement(cluster, jobs, prices, settings.grid).place(order);
    bool any = false;
    for (std::size_t index = 0; index < jobs.size(); ++index) {
      if (placed[index].unplaced != Unplaced::NoRoom) continue;
      ++failures[index];
      any = true;
    }
    keep_better(made, placed);
    if (!any) break;
    favour_unplaced(order, jobs, failures);
    raise(prices);
  }
  for (int sweep = 0; made.rounds > 0 && sweep < settings.sweeps; ++sweep) {
    std::vector<PlacedJob> placed = made.jobs;
    Placement(cluster, jobs, prices, settings.grid).improve(order, placed);
    keep_better(made, std::move(placed));
  }
  return made;
}

}  // namespace greentrain
