#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace greentrain {

/// What a power law with an offset, y(t) = c + a t^-alpha, says of a learning curve that falls.
/// Domhan et al. 2015 ("Speeding up automatic hyperparameter optimization of deep neural networks
/// by extrapolation of learning curves", table 1) call it pow3. Instead of one fit, the answers are
/// means over a grid of alpha, each weighed by how well it explains the points: for a given alpha
/// the law is linear in c and a, so that their likelihood is known in closed form (variable
/// projection; Golub and Pereyra 1973). Deterministic; needs no start values.
class PowerLawFit {
 public:
  /// The next point. `t` grows; from the first point on it must be above 0.
  void add(double t, double y);

  std::size_t points() const { return added_; }  ///< That were added.
  double last_t() const { return last_t_; }

  struct Forecast {
    double now;   ///< The curve at last_t(), without its noise.
    double gain;  ///< How much lower it will be at `until`; never below 0.
  };
  /// From last_t() to `until`, which lies after it. Empty with fewer than four points.
  /// Costs less than a millisecond. Without noise, one alpha of the grid outweighs the others, and
  /// the gain is that of the law within 6 %: alphas are 5 % apart.
  std::optional<Forecast> forecast(double until) const;

 private:
  struct Point {
    double t{0};
    double y{0};
  };
  void halve();

  std::vector<Point> kept_;  ///< Each the mean of `merged_` points in a row, so that few are kept.
  std::size_t merged_{1};
  Point pending_sum_;  ///< Of those that do not fill a kept point yet.
  std::size_t pending_{0};
  std::size_t added_{0};
  double first_t_{1};
  double last_t_{0};
};

}  // namespace greentrain
