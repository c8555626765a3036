#include "meter/mean_interval.h"

#include <array>
#include <cmath>
#include <numeric>

namespace greentrain {
namespace {

/// Student's t for 95 % confidence on both sides, by degrees of freedom (NIST/SEMATECH e-Handbook
/// of Statistical Methods, table 1.3.6.7.2); above 30 the normal value is near enough.
double student_t(std::size_t degrees) {
  constexpr std::array<double, 30> kTable{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                          2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                          2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                          2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  return degrees <= kTable.size() ? kTable.at(degrees - 1) : 2.042;
}

}  // namespace

MeanInterval mean_interval(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return {mean, mean, mean};
  double squares = 0;
  for (const double value : values) squares += std::pow(value - mean, 2);
  const double half = student_t(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return {mean, mean - half, mean + half};
}

}  // namespace greentrain
