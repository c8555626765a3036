#include "scheduler/plan/levels.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace greentrain {
namespace {

/// Whether `middle` lies on or below the line from `low` to `high` in (power, speed).
bool is_below(const Level& low, const Level& middle, const Level& high) {
  const double along = (middle.power - low.power).value * (high.speed - low.speed);
  const double up = (middle.speed - low.speed) * (high.power - low.power).value;
  return up <= along;
}

double most_power(const std::vector<CapPoint>& curve, int workers) {
  double most = 0;
  for (const CapPoint& point : curve) {
    if (point.workers == workers) most = std::max(most, point.power);
  }
  return most;
}

}  // namespace

const std::vector<CapPoint>& assumed_cap_curve() {
  static const std::vector<CapPoint> curve{{1.0, 1.0, 1.0},    {0.8, 0.965, 0.83},
                                           {0.7, 0.92, 0.745}, {0.6, 0.85, 0.66},
                                           {0.5, 0.75, 0.575}, {0.4, 0.60, 0.49}};
  return curve;
}

std::vector<Level> cap_levels(const std::vector<CapPoint>& curve, Watts full_power, int nodes) {
  std::vector<Level> levels;
  for (const CapPoint& point : curve) {
    const bool one = point.workers == 1;
    const std::string name = fmt::format("cap {:.0f} %", 100 * point.cap);
    levels.push_back({one ? name : fmt::format("{} on {} workers", name, point.workers),
                      point.speed, full_power * point.power,
                      full_power * (one ? 1 : most_power(curve, point.workers)),
                      nodes * point.workers});
  }
  return levels;
}

std::vector<Level> efficient_levels(std::vector<Level> levels) {
  if (levels.empty()) return levels;
  std::stable_sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) {
    return a.power != b.power ? a.power < b.power : a.speed > b.speed;
  });
  std::vector<Level> hull;
  for (const Level& level : levels) {
    if (!hull.empty() && level.speed <= hull.back().speed) continue;
    while (hull.size() >= 2 && is_below(hull[hull.size() - 2], hull.back(), level)) {
      hull.pop_back();
    }
    hull.push_back(level);
  }
  std::reverse(hull.begin(), hull.end());
  return hull;
}

}  // namespace greentrain
