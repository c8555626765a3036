#pragma once

#include <chrono>
#include <compare>

namespace greentrain {

using Seconds = std::chrono::duration<double>;

/// A number with a unit in its type. Same-unit arithmetic only; conversions are named below.
template <class Unit>
struct Quantity {
  double value{0};

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity other) {
    value += other.value;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend constexpr Quantity operator*(Quantity a, double factor) { return {a.value * factor}; }
  friend constexpr Quantity operator*(double factor, Quantity a) { return {a.value * factor}; }
  friend constexpr Quantity operator/(Quantity a, double factor) { return {a.value / factor}; }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
};

using Joules = Quantity<struct JoulesUnit>;
using Watts = Quantity<struct WattsUnit>;
using Grams = Quantity<struct GramsUnit>;              ///< Of CO2 equivalent.
using GramsPerKwh = Quantity<struct GramsPerKwhUnit>;  ///< Carbon intensity, gCO2e/kWh.

using Fraction = Quantity<struct FractionUnit>;  ///< 0.05 is written 5% in YAML.

inline constexpr double kJoulesPerKwh = 3.6e6;

constexpr Joules operator*(Watts power, Seconds time) { return {power.value * time.count()}; }
constexpr Joules operator*(Seconds time, Watts power) { return power * time; }
constexpr Watts operator/(Joules energy, Seconds time) { return {energy.value / time.count()}; }
constexpr Grams operator*(Joules energy, GramsPerKwh intensity) {
  return {energy.value / kJoulesPerKwh * intensity.value};
}

}  // namespace greentrain
