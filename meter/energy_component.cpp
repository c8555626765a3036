#include "meter/energy_component.h"

#include <cmath>

#include "core/format.h"

namespace greentrain {
namespace {

// The check by power is taken over seconds; below this, it cannot tell a fault from a busy device.
constexpr double kAlarmingDifference = 0.05;

}  // namespace

bool add_component(EnergyReport& report, const std::string& node, const EnergyWindow& window,
                   const Energy& energy) {
  const SensorInfo& info = window.info();
  const int lost = window.lost_readings();
  const auto difference = window.counter_over_integral();
  report.components.push_back(
      {node, info.id, info.device, info.source, energy, lost, difference, window.update_period()});
  if (difference && std::abs(*difference) > kAlarmingDifference) {
    report.notes.push_back(info.id + ": its counter and its power added up differ by " +
                           format_percent(std::abs(*difference)) + "; one of them is wrong.");
  }
  if (lost > 0) {
    report.notes.push_back(info.id + ": " + std::to_string(lost) +
                           (lost == 1 ? " reading was lost." : " readings were lost."));
  }
  if (window.delivered()) return true;
  report.notes.push_back(info.id + " delivered nothing and is not part of the total.");
  report.excludes.insert(report.excludes.end(), info.contains.begin(), info.contains.end());
  return false;
}

}  // namespace greentrain
