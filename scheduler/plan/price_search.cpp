#include "scheduler/plan/price_search.h"

#include <algorithm>

#include "scheduler/plan/slot_ledger.h"

namespace greentrain {
namespace {

constexpr double kLargestExcess = 1.0;  ///< So that one crowded slot does not overshoot.
constexpr double kFirstStep = 0.1;      ///< As a part of what a node or a joule emits on average.
constexpr double kDecay = 0.2;          ///< Of the step, per round.

bool all_zero(const Prices& prices) {
  const auto is_zero = [](double price) { return price <= 0; };
  return std::all_of(prices.node_seconds.begin(), prices.node_seconds.end(), is_zero) &&
         std::all_of(prices.energy.begin(), prices.energy.end(),
                     [&](GramsPerKwh price) { return is_zero(price.value); }) &&
         std::all_of(prices.budgets.begin(), prices.budgets.end(),
                     [&](const auto& price) { return is_zero(price.second.value); });
}

/// Dearer by `step` where more is asked for than there is, cheaper where less.
void raise(double& price, double asked, double available, double step) {
  const double excess = asked / std::max(available, 1e-9) - 1;
  price = std::max(0.0, price + step * std::min(excess, kLargestExcess));
}

void blend(Prices& mean, const Prices& next, double share) {
  const auto towards = [share](double& old, double value) { old += share * (value - old); };
  for (std::size_t slot = 0; slot < mean.energy.size(); ++slot) {
    towards(mean.node_seconds[slot], next.node_seconds[slot]);
    towards(mean.energy[slot].value, next.energy[slot].value);
  }
  for (auto& [account, price] : mean.budgets) towards(price.value, next.budgets.at(account).value);
}

}  // namespace

PriceSearch::PriceSearch(const Cluster& cluster, const std::vector<Job>& jobs)
    : cluster_(cluster),
      jobs_(jobs),
      node_seconds_(cluster.nodes * static_cast<double>(cluster.step.count())),
      joules_(cluster.power.value * static_cast<double>(cluster.step.count())) {
  for (const Job& job : jobs_) slots_.push_back(slots_in(cluster, job));
}

int PriceSearch::run(Prices& prices, int rounds, GridSize grid) {
  const bool fresh = all_zero(prices);
  Prices current = prices;
  for (int round = 0; round < rounds; ++round) {
    const Demand demand = demand_at(current, grid);
    if (fresh && round == 0 && is_met(demand)) return 0;
    move(current, demand, round);
    blend(prices, current, 2.0 / (round + 2));  // Later rounds weigh more.
  }
  return rounds;
}

PriceSearch::Demand PriceSearch::demand_at(const Prices& prices, GridSize grid) {
  const std::size_t count = cluster_.intensities.size();
  Demand demand{std::vector<double>(count, 0), std::vector<double>(count, 0), {}};
  ExactPlanner planner(grid);
  for (std::size_t index = 0; index < jobs_.size(); ++index) {
    const Job& job = jobs_[index];
    auto& slots = slots_[index];
    set_prices(cluster_, prices, budget_price(prices, job.account), slots);
    const auto plan = planner.plan(job, slots);
    if (!plan) continue;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      const SlotUse& use = plan->uses[slot];
      const std::size_t at = grid_slot(cluster_, slots[slot]);
      demand.node_seconds[at] +=
          (use.starting + use.running + use.saving).count() * held_nodes(job, *plan, slot);
      demand.joules[at] += use.energy.value;
    }
    demand.account_joules[job.account] += plan->energy.value;
  }
  return demand;
}

bool PriceSearch::is_met(const Demand& demand) const {
  const auto all_below = [](const std::vector<double>& used, double most) {
    return std::all_of(used.begin(), used.end(), [&](double one) { return one <= most; });
  };
  if (!all_below(demand.node_seconds, node_seconds_)) return false;
  if (!all_below(demand.joules, joules_)) return false;
  return std::all_of(cluster_.budgets.begin(), cluster_.budgets.end(), [&](const auto& budget) {
    const auto used = demand.account_joules.find(budget.first);
    return used == demand.account_joules.end() || used->second <= budget.second.value;
  });
}

void PriceSearch::move(Prices& prices, const Demand& demand, int round) const {
  const double step = kFirstStep / (1 + kDecay * round);
  const double mean = mean_intensity(cluster_).value;
  for (std::size_t slot = 0; slot < prices.energy.size(); ++slot) {
    raise(prices.node_seconds[slot], demand.node_seconds[slot], node_seconds_, step * node_scale());
    raise(prices.energy[slot].value, demand.joules[slot], joules_, step * mean);
  }
  for (auto& [account, price] : prices.budgets) {
    const auto used = demand.account_joules.find(account);
    raise(price.value, used == demand.account_joules.end() ? 0 : used->second,
          cluster_.budgets.at(account).value, step * mean);
  }
}

/// What a node emits in a second at full power and the mean intensity.
double PriceSearch::node_scale() const {
  if (jobs_.empty()) return 0;
  const Level& level = jobs_.front().levels[fastest_level(jobs_.front())];
  return (level.power / level.nodes * Seconds{1} * mean_intensity(cluster_)).value;
}

Grams PriceSearch::bound(const Prices& prices, GridSize grid) {
  ExactPlanner planner(grid);
  double bound = 0;
  for (std::size_t index = 0; index < jobs_.size(); ++index) {
    set_prices(cluster_, prices, budget_price(prices, jobs_[index].account), slots_[index]);
    const double least = planner.lower_bound(jobs_[index], slots_[index]);
    if (least < std::numeric_limits<double>::infinity()) bound += least;
  }
  for (std::size_t slot = 0; slot < prices.energy.size(); ++slot) {
    bound -= prices.node_seconds[slot] * node_seconds_;
    bound -= prices.energy[slot].value * joules_ / kJoulesPerKwh;
  }
  for (const auto& [account, price] : prices.budgets) {
    bound -= price.value * cluster_.budgets.at(account).value / kJoulesPerKwh;
  }
  return Grams{bound};
}

}  // namespace greentrain
