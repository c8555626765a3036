#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/units.h"

namespace greentrain {

/// Lower and upper end of what a value is likely to be.
struct IntensityRange {
  GramsPerKwh low;
  GramsPerKwh high;
};

/// Prediction intervals from past errors, by lead: split conformal prediction (Lei, G'Sell,
/// Rinaldo, Tibshirani and Wasserman, 2018, Journal of the American Statistical Association 113,
/// 1094-1111, section 2.2), with the lower and the upper error quantile taken apart. Its promise
/// holds for errors that could come in any order; those of a grid drift with the season, so the
/// coverage that was reached is measured and shown beside the one that is promised.
class ConformalBands {
 public:
  ConformalBands() = default;
  explicit ConformalBands(double coverage) : coverage_(coverage) {}

  void add(std::size_t lead, double error);  ///< Truth minus forecast, lead in slots.

  /// Lower and upper error of this lead between which the coverage lies; empty while there are too
  /// few errors of this lead to promise the coverage (at least 2/(1 - coverage) - 1 are needed).
  /// Takes time linear in them.
  std::optional<std::pair<double, double>> errors(std::size_t lead) const;

  /// The interval around a forecast, with its lower end kept above 0; empty as errors() is.
  std::optional<IntensityRange> around(double forecast, std::size_t lead) const;

  double coverage() const { return coverage_; }

 private:
  double coverage_{0.8};
  std::vector<std::vector<double>> errors_;  ///< By lead.
};

}  // namespace greentrain
