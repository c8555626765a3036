#include "trainer/stopping/early_stopping.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/format.h"

namespace greentrain {
namespace {

std::string evaluations(std::int64_t count) {
  return fmt::format("{} evaluation{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string to_string(StoppingRule rule) {
  switch (rule) {
    case StoppingRule::Patience:
      return "patience";
    case StoppingRule::Target:
      return "target";
    case StoppingRule::Divergence:
      return "divergence";
    case StoppingRule::NonFinite:
      return "non_finite";
    case StoppingRule::Marginal:
      return "marginal";
  }
  return "";
}

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options, WatchedMetric metric)
    : options_(options), metric_(std::move(metric)), marginal_(options.marginal) {}

bool EarlyStopping::observe(const Check& check) {
  ++checks_;
  const bool best = std::isfinite(check.metric) && (!best_ || better(check.metric, *best_));
  const bool beats_baseline = !options_.baseline || better(check.metric, *options_.baseline);
  if (best) {
    best_ = check.metric;
    best_step_ = check.step;
  }
  // As in Keras: patience starts anew when both the best so far and the baseline are beaten.
  const bool counts = checks_ > options_.start_from;
  waiting_ = counts && !(best && beats_baseline) ? waiting_ + 1 : 0;
  judge(check);
  return best;
}

bool EarlyStopping::reads_joules() const {
  const MarginalOptions& marginal = options_.marginal;
  return options_.enabled && marginal.rate > 0 && marginal.cost == MarginalCost::Energy;
}

// An infinite change is none: -inf is no improvement of a loss, nor NaN of anything.
bool EarlyStopping::better(double value, double reference) const {
  const double delta =
      std::max(options_.min_delta, options_.min_delta_relative.value * std::abs(reference));
  const double change = metric_.rises ? value - reference : reference - value;
  return std::isfinite(value) && change > delta;
}

void EarlyStopping::judge(const Check& check) {
  const double sign = metric_.rises ? -1 : 1;  // Rules that are told so see metrics that fall.
  const bool finite = std::isfinite(check.metric);
  if (!target_step_ && finite && options_.target &&
      sign * check.metric <= sign * *options_.target) {
    target_step_ = check.step;
  }
  forecast_.reset();
  if (options_.marginal.rate > 0 && finite && checks_ > options_.start_from) {
    Check falling = check;
    falling.metric *= sign;
    forecast_ = marginal_.observe(falling);
  }
  if (options_.enabled && !stop_) stop_ = verdict(check);
}

std::optional<EarlyStopping::Stop> EarlyStopping::verdict(const Check& check) const {
  const std::string& name = metric_.name;
  if (!std::isfinite(check.metric) && options_.non_finite == NonFiniteMetric::Stop) {
    return Stop{StoppingRule::NonFinite, fmt::format("{} is not a finite number", name)};
  }
  if (target_step_) {
    return Stop{StoppingRule::Target,
                fmt::format("{} is {} and so reached the target, {}", name,
                            format_number(check.metric), format_number(*options_.target))};
  }
  if (checks_ <= options_.start_from) return std::nullopt;
  const double sign = metric_.rises ? -1 : 1;
  if (options_.divergence && sign * check.metric > sign * *options_.divergence) {
    return Stop{StoppingRule::Divergence,
                fmt::format("{} is {}, which is worse than the limit, {}", name,
                            format_number(check.metric), format_number(*options_.divergence))};
  }
  if (options_.patience > 0 && waiting_ >= options_.patience) {
    return Stop{StoppingRule::Patience, patience_text()};
  }
  if (marginal_.should_stop()) return Stop{StoppingRule::Marginal, marginal_text()};
  return std::nullopt;
}

std::string EarlyStopping::patience_text() const {
  std::string text =
      fmt::format("{} did not improve in {}", metric_.name, evaluations(options_.patience));
  if (best_) text += fmt::format(", since {} at step {}", format_number(*best_), best_step_);
  if (options_.baseline && best_ && !better(*best_, *options_.baseline)) {
    text += fmt::format("; the baseline, {}, was not beaten", format_number(*options_.baseline));
  }
  return text;
}

std::string EarlyStopping::marginal_text() const {
  const MarginalForecast& ahead = *forecast_;
  const std::string price =
      ahead.joules ? fmt::format("{}, {} of the planned energy", format_joules(*ahead.joules),
                                 format_percent(ahead.cost))
                   : format_percent(ahead.cost) + " of the planned steps";
  return fmt::format("the next {} were predicted to improve {} by {} for {}",
                     evaluations(ahead.checks), metric_.name, format_percent(ahead.gain), price);
}

}  // namespace greentrain
