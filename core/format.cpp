#include "core/format.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace greentrain {
namespace {

/// A unit and how many of the base unit it is.
struct Unit {
  double size;
  const char* name;
};

// Smallest first. From one kilowatt-hour on energy is written as on a bill.
constexpr Unit kEnergyUnits[]{{1e-6, "uJ"},
                              {1e-3, "mJ"},
                              {1, "J"},
                              {1e3, "kJ"},
                              {1e6, "MJ"},
                              {kJoulesPerKwh, "kWh"},
                              {kJoulesPerKwh * 1e3, "MWh"},
                              {kJoulesPerKwh * 1e6, "GWh"}};
constexpr Unit kPowerUnits[]{{1e-3, "mW"}, {1, "W"}, {1e3, "kW"}, {1e6, "MW"}};
constexpr Unit kMassUnits[]{{1e-6, "ug"}, {1e-3, "mg"}, {1, "g"}, {1e3, "kg"}, {1e6, "t"}};

double round_to_three_digits(double value) { return std::stod(fmt::format("{:.2e}", value)); }

/// The largest unit of which there is at least one after rounding; what has no size is given in
/// units of 1.
const Unit& unit_for(double value, std::span<const Unit> units) {
  const bool plain = value == 0 || !std::isfinite(value);
  const double rounded = plain ? 1 : round_to_three_digits(std::abs(value));
  const auto larger = std::find_if(units.begin() + 1, units.end(),
                                   [&](const Unit& unit) { return rounded < unit.size; });
  return *(larger - 1);
}

std::string with_unit(double value, std::span<const Unit> units) {
  const Unit& unit = unit_for(value, units);
  return fmt::format("{} {}", format_number(value / unit.size), unit.name);
}

std::string interval(double lo, double hi, std::span<const Unit> units) {
  const Unit& unit = unit_for(hi, units);
  // Far apart, each end reads best in a unit of its own.
  if (lo > 0 && lo < unit.size / 10 && &unit_for(lo, units) != &unit) {
    return fmt::format("{} to {}", with_unit(lo, units), with_unit(hi, units));
  }
  return fmt::format("{} to {} {}", format_number(lo / unit.size), format_number(hi / unit.size),
                     unit.name);
}

}  // namespace

std::string format_number(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (value == 0) return "0";
  const double rounded = round_to_three_digits(value);
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(rounded))));
  if (exponent < -4 || exponent > 8) return fmt::format("{:.2e}", value);
  return fmt::format("{:.{}f}", rounded, std::max(0, 2 - exponent));
}

std::string format_joules(Joules energy) { return with_unit(energy.value, kEnergyUnits); }
std::string format_watts(Watts power) { return with_unit(power.value, kPowerUnits); }
std::string format_grams(Grams mass) { return with_unit(mass.value, kMassUnits); }
std::string format_percent(double fraction) { return format_number(fraction * 100) + " %"; }

std::string format_duration(Seconds time) {
  const double seconds = time.count();
  if (!std::isfinite(seconds)) return format_number(seconds) + " s";
  if (round_to_three_digits(seconds) < 1) return format_number(seconds * 1e3) + " ms";
  if (round_to_three_digits(seconds) < 60) return format_number(seconds) + " s";
  const auto whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  const auto minutes = std::llround(seconds / 60);
  if (minutes < 24 * 60) return fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
  const auto hours = std::llround(seconds / 3600);
  return fmt::format("{}d{:02}h", hours / 24, hours % 24);
}

std::string format_interval(Joules lo, Joules hi) {
  return interval(lo.value, hi.value, kEnergyUnits);
}

std::string format_interval(Grams lo, Grams hi) { return interval(lo.value, hi.value, kMassUnits); }

}  // namespace greentrain
