#include "trainer/run/run_report.h"

#include <utility>

namespace greentrain {

std::optional<CarbonFootprint> carbon_of(const Energy& energy, GramsPerKwh intensity,
                                         std::string source) {
  if (energy.quality == Quality::Unmeasured) return std::nullopt;
  return CarbonFootprint{energy.joules * intensity, energy.lo * intensity, energy.hi * intensity,
                         intensity, std::move(source)};
}

std::optional<SavingEstimate> estimate_saving(std::int64_t planned_steps, std::int64_t steps,
                                              const EnergyReport& energy) {
  const Energy& total = energy.total;
  if (steps <= 0 || planned_steps <= steps || total.quality == Quality::Unmeasured) {
    return std::nullopt;
  }
  Joules start_up;
  for (const PhaseEnergy& phase : energy.phases) {
    if (phase.phase == Phase::Startup) start_up += phase.joules;
  }
  const double stepping = total.joules > start_up ? 1 - start_up / total.joules : 0;
  const double factor =
      stepping * static_cast<double>(planned_steps - steps) / static_cast<double>(steps);
  return SavingEstimate{planned_steps - steps, total.lo * factor, total.hi * factor};
}

WastedCost with_joules(WastedCost wasted, std::int64_t steps, const EnergyReport& energy) {
  const Energy& total = energy.total;
  if (steps <= 0 || total.quality == Quality::Unmeasured) return wasted;
  Joules stepping;
  for (const PhaseEnergy& phase : energy.phases) {
    switch (phase.phase) {
      case Phase::Data:
      case Phase::Forward:
      case Phase::Backward:
      case Phase::Exchange:
      case Phase::Update:
      case Phase::Wait:
        stepping += phase.joules;
        break;
      default:
        break;
    }
  }
  const double share = total.joules > Joules{} ? stepping / total.joules : 0;
  const double factor =
      share * static_cast<double>(wasted.skipped + wasted.undone) / static_cast<double>(steps);
  wasted.lo = total.lo * factor;
  wasted.hi = total.hi * factor;
  return wasted;
}

}  // namespace greentrain
