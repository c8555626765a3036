#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "meter/energy_report.h"

namespace greentrain {

/// How a run's samples came.
struct DataUse {
  Seconds waited{0};               ///< For samples in steps, summed over the ranks.
  double share{0};                 ///< Of the ranks' time in steps, 0 to 1.
  std::int64_t unreadable{0};      ///< Samples left out because they could not be read.
  std::vector<std::string> names;  ///< The first of them, by name.
};

/// `unreadable`: the names that each rank knows; those of several ranks are counted once. `train`:
/// how long each rank was in steps.
DataUse data_use(Seconds waited, int ranks, Seconds train, std::vector<std::string> unreadable);

/// What visiting fewer samples saved if each one left out had cost what the others did. An
/// estimate.
struct PruningSaving {
  std::string method{};
  std::int64_t samples_left_out{0};
  double share{0};             ///< Of all samples that would have been visited, 0 to 1.
  std::optional<Joules> lo{};  ///< Empty when the energy is unmeasured.
  std::optional<Joules> hi{};
};

/// Counts the energy of steps alone: start-up and evaluation are paid either way. Empty when
/// nothing was left out.
std::optional<PruningSaving> pruning_saving(std::string method, std::int64_t left_out,
                                            std::int64_t visited, const EnergyReport& energy);

}  // namespace greentrain
