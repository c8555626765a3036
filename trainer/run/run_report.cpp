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

}  // namespace greentrain
