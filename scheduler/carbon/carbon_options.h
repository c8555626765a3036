#pragma once

#include <optional>
#include <string>

#include "core/units.h"

namespace greentrain {

/// Section `carbon`. With neither key, a run reports no carbon.
struct CarbonOptions {
  std::optional<GramsPerKwh> intensity;
  std::string country;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("intensity", intensity,
          "Carbon intensity of the electricity, such as 56 g/kWh, if not by country.",
          GramsPerKwh{0.0}, GramsPerKwh{5000.0});
    visit("country", country,
          "ISO 3166 code (FRA), or WORLD: yearly average from the table in scheduler/carbon.");
  }
};

}  // namespace greentrain
