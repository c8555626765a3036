#pragma once

#include <string>

#include "meter/energy_report.h"
#include "meter/energy_window.h"

namespace greentrain {

/// Puts what one sensor of `node` saw into the report, with notes on what a reader must know of it.
/// True if it saw anything; else the report's `excludes` name what it would have seen.
bool add_component(EnergyReport& report, const std::string& node, const EnergyWindow& window,
                   const Energy& energy);

}  // namespace greentrain
