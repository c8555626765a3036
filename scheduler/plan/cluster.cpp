#include "scheduler/plan/cluster.h"

#include <algorithm>

namespace greentrain {

std::vector<PlanSlot> slots_in(const Cluster& cluster, const Job& job) {
  const auto count = static_cast<std::int64_t>(cluster.intensities.size());
  const UtcTime end = std::min(planned_deadline(job), cluster.start + cluster.step * count);
  std::vector<PlanSlot> slots;
  for (UtcTime start = std::max(job.release, cluster.start); start < end;) {
    const auto index = (start - cluster.start) / cluster.step;
    const UtcTime next = std::min(end, cluster.start + cluster.step * (index + 1));
    slots.push_back({start, next - start, cluster.intensities[static_cast<std::size_t>(index)]});
    start = next;
  }
  return slots;
}

std::size_t grid_slot(const Cluster& cluster, const PlanSlot& slot) {
  return static_cast<std::size_t>((slot.start - cluster.start) / cluster.step);
}

Prices no_prices(const Cluster& cluster) {
  const std::size_t slots = cluster.intensities.size();
  Prices prices{std::vector<double>(slots, 0), std::vector<GramsPerKwh>(slots), {}};
  for (const auto& [account, joules] : cluster.budgets) prices.budgets[account] = {};
  return prices;
}

void set_prices(const Cluster& cluster, const Prices& prices, GramsPerKwh budget,
                std::vector<PlanSlot>& slots) {
  for (PlanSlot& slot : slots) {
    const std::size_t index = grid_slot(cluster, slot);
    slot.node_price = prices.node_seconds[index];
    slot.energy_price = prices.energy[index] + budget;
  }
}

GramsPerKwh budget_price(const Prices& prices, const std::string& account) {
  const auto found = prices.budgets.find(account);
  return found == prices.budgets.end() ? GramsPerKwh{} : found->second;
}

GramsPerKwh mean_intensity(const Cluster& cluster) {
  GramsPerKwh sum;
  for (const GramsPerKwh& value : cluster.intensities) sum += value;
  return sum / static_cast<double>(std::max<std::size_t>(1, cluster.intensities.size()));
}

}  // namespace greentrain
