#pragma once

#include <optional>
#include <string>

#include "core/units.h"
#include "scheduler/carbon/carbon_options.h"

namespace greentrain {

/// The carbon intensity that a whole run is charged with.
struct CarbonIntensity {
  GramsPerKwh value;
  std::string source;   ///< "FRA yearly average 2023, Our World in Data via CodeCarbon 3.3.2".
  bool average{false};  ///< Yearly average of a country; false: a figure that the user gave.
};

/// What section `carbon` asks for: its own figure first, else the table's for the country, by code
/// in any case. nullopt if it asks for nothing. Throws UsageError, with the nearest codes and
/// names, for a country that is not in the table.
std::optional<CarbonIntensity> carbon_intensity(const CarbonOptions& options);

}  // namespace greentrain
