#include "trainer/stopping/marginal_rule.h"

#include <algorithm>
#include <cmath>

namespace greentrain {

std::optional<MarginalForecast> MarginalRule::observe(const Check& check) {
  if (!first_) first_ = check;
  if (!first_metered_ && check.joules) first_metered_ = check;
  curve_.add(static_cast<double>(check.step), check.metric);
  const auto ahead = forecast(check);
  // A value of 0 cannot get better by a share of itself: no gain is infinite.
  const bool too_little = ahead && ahead->rate() < options_.rate;
  agreeing_ = too_little ? agreeing_ + 1 : 0;
  return ahead;
}

std::optional<MarginalForecast> MarginalRule::forecast(const Check& check) const {
  const auto checks = static_cast<std::int64_t>(curve_.points());
  const auto left = static_cast<double>(check.planned_steps - check.step);
  if (checks < options_.warmup || left <= 0) return std::nullopt;
  const double steps_per_check =
      static_cast<double>(check.step - first_->step) / static_cast<double>(checks - 1);
  const double steps = std::min(static_cast<double>(options_.horizon) * steps_per_check, left);
  const auto curve = curve_.forecast(static_cast<double>(check.step) + steps);
  if (!curve) return std::nullopt;
  MarginalForecast ahead;
  ahead.checks = std::max<std::int64_t>(1, std::llround(steps / steps_per_check));
  ahead.gain = curve->gain > 0 ? curve->gain / std::abs(curve->now) : 0;
  price(ahead, check, steps);
  return ahead;
}

void MarginalRule::price(MarginalForecast& forecast, const Check& check, double steps) const {
  const auto left = static_cast<double>(check.planned_steps - check.step);
  forecast.cost = steps / static_cast<double>(check.planned_steps);
  if (options_.cost == MarginalCost::Steps || !check.joules) return;
  const std::int64_t metered_steps = check.step - first_metered_->step;
  if (metered_steps <= 0) return;
  const Joules per_step =
      (*check.joules - *first_metered_->joules) / static_cast<double>(metered_steps);
  if (!(per_step > Joules{0})) return;  // A sensor that stands still: steps must do.
  const Joules planned = options_.budget.value_or(*check.joules + per_step * left);
  forecast.joules = per_step * steps;
  forecast.cost = *forecast.joules / planned;
}

}  // namespace greentrain
