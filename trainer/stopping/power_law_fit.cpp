#include "trainer/stopping/power_law_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace greentrain {
namespace {

constexpr std::size_t kMostKept = 256;
constexpr std::size_t kFewest = 4;
constexpr double kLeftOut = 0.2;  // Share of the curve: its start obeys another law.

// From slow to fast decay, evenly on a logarithmic scale.
constexpr int kAlphas = 64;
constexpr double kLowestAlpha = 0.1;
constexpr double kHighestAlpha = 2.5;

double alpha_of(int i) {
  return kLowestAlpha * std::pow(kHighestAlpha / kLowestAlpha, i / double(kAlphas - 1));
}

/// The straight line y = c + a x through points by least squares.
struct Line {
  double mean_x{0};
  double mean_y{0};
  double spread{0};  ///< Sum of (x - mean_x)^2.
  double slope{0};   ///< a.
  double error{0};   ///< Sum of the squared residuals.

  double at(double x) const { return mean_y + slope * (x - mean_x); }
};

Line fit_line(std::span<const double> x, std::span<const double> y) {
  const auto count = static_cast<double>(x.size());
  Line line;
  line.mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  line.mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double both = 0;
  double spread_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - line.mean_x;
    const double dy = y[i] - line.mean_y;
    line.spread += dx * dx;
    both += dx * dy;
    spread_y += dy * dy;
  }
  line.slope = line.spread > 0 ? both / line.spread : 0;
  // A curve without noise would make one alpha infinitely likely.
  line.error = std::max(spread_y - line.slope * both, 1e-12 * spread_y);
  return line;
}

/// Logarithm of how likely the points are under this alpha, up to a constant: Gaussian noise of
/// unknown size, every a and c as likely as another. Each integrates out in closed form.
double log_likelihood(const Line& line, std::size_t points) {
  const double smallest = std::numeric_limits<double>::min();
  return -0.5 * static_cast<double>(points - 2) * std::log(std::max(line.error, smallest)) -
         0.5 * std::log(std::max(line.spread, smallest));
}

}  // namespace

void PowerLawFit::add(double t, double y) {
  if (added_ == 0) first_t_ = t;
  ++added_;
  last_t_ = t;
  pending_sum_.t += t;
  pending_sum_.y += y;
  if (++pending_ < merged_) return;
  const auto count = static_cast<double>(pending_);
  kept_.push_back({pending_sum_.t / count, pending_sum_.y / count});
  pending_sum_ = {};
  pending_ = 0;
  if (kept_.size() == kMostKept) halve();
}

void PowerLawFit::halve() {
  for (std::size_t i = 0; i < kMostKept / 2; ++i) {
    const Point& left = kept_[2 * i];
    const Point& right = kept_[2 * i + 1];
    kept_[i] = {(left.t + right.t) / 2, (left.y + right.y) / 2};
  }
  kept_.resize(kMostKept / 2);
  merged_ *= 2;
}

std::optional<PowerLawFit::Forecast> PowerLawFit::forecast(double until) const {
  if (kept_.size() < kFewest) return std::nullopt;
  const auto left_out = static_cast<std::size_t>(kLeftOut * static_cast<double>(kept_.size()));
  const auto used = std::span(kept_).subspan(std::min(left_out, kept_.size() - kFewest));
  std::vector<double> x(used.size());
  std::vector<double> y(used.size());
  std::ranges::transform(used, y.begin(), &Point::y);

  std::array<double, kAlphas> log_weights{};
  std::array<Forecast, kAlphas> forecasts{};
  for (int i = 0; i < kAlphas; ++i) {
    // In units of the first point, so that the unit of t makes no difference.
    const auto power = [&, alpha = alpha_of(i)](double t) {
      return std::pow(t / first_t_, -alpha);
    };
    std::ranges::transform(used, x.begin(), [&](const Point& point) { return power(point.t); });
    const Line line = fit_line(x, y);
    const auto at = static_cast<std::size_t>(i);
    log_weights[at] = log_likelihood(line, used.size());
    // A curve that rises gains nothing; a law that falls on says nothing of it.
    const double now = power(last_t_);
    forecasts[at] = {line.at(now), std::max(0.0, line.slope) * (now - power(until))};
  }

  const double highest = *std::ranges::max_element(log_weights);
  Forecast mean{0, 0};
  double weights = 0;
  for (std::size_t i = 0; i < log_weights.size(); ++i) {
    const double weight = std::exp(log_weights[i] - highest);
    weights += weight;
    mean.now += weight * forecasts[i].now;
    mean.gain += weight * forecasts[i].gain;
  }
  return Forecast{mean.now / weights, mean.gain / weights};
}

}  // namespace greentrain
