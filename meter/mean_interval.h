#pragma once

#include <vector>

namespace greentrain {

/// A mean with its 95 % confidence interval.
struct MeanInterval {
  double mean{0};
  double lo{0};
  double hi{0};
};

/// Of two or more repetitions, by Student's t. With one, the interval is the value: it says nothing
/// of how repetitions differ.
MeanInterval mean_interval(const std::vector<double>& values);

}  // namespace greentrain
