#include "scheduler/carbon/forecast/conformal.h"

#include <algorithm>
#include <cmath>

namespace greentrain {

void ConformalBands::add(std::size_t lead, double error) {
  if (lead >= errors_.size()) errors_.resize(lead + 1);
  errors_[lead].push_back(error);
}

std::optional<std::pair<double, double>> ConformalBands::errors(std::size_t lead) const {
  if (lead >= errors_.size()) return std::nullopt;
  std::vector<double> errors = errors_[lead];
  // Half of what may lie outside on each side, at the rank that makes up for the unseen error.
  const double side = (1.0 - coverage_) / 2;
  const auto rank = static_cast<std::size_t>(
      std::ceil((static_cast<double>(errors.size()) + 1) * (1.0 - side) - 1e-9));
  if (errors.empty() || rank > errors.size()) return std::nullopt;
  const auto ranked = [&](std::size_t index) {
    const auto place = errors.begin() + static_cast<std::ptrdiff_t>(index);
    std::nth_element(errors.begin(), place, errors.end());
    return *place;
  };
  return std::pair(ranked(errors.size() - rank), ranked(rank - 1));
}

std::optional<IntensityRange> ConformalBands::around(double forecast, std::size_t lead) const {
  const auto ends = errors(lead);
  if (!ends) return std::nullopt;
  const double floor = 0.01 * forecast;  // Carbon intensity has no zero.
  return IntensityRange{{std::max(forecast + ends->first, floor)},
                        {std::max(forecast + ends->second, floor)}};
}

}  // namespace greentrain
