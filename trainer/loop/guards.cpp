#include "trainer/loop/guards.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace greentrain {
namespace {

StepAction action_of(OnNonFinite option) {
  switch (option) {
    case OnNonFinite::Stop:
      return StepAction::Stop;
    case OnNonFinite::Skip:
      return StepAction::Skip;
    case OnNonFinite::Rollback:
      return StepAction::Rollback;
  }
  return StepAction::Stop;
}

StepAction action_of(OnSpike option) {
  switch (option) {
    case OnSpike::Ignore:
      return StepAction::Accept;
    case OnSpike::Stop:
      return StepAction::Stop;
    case OnSpike::Skip:
      return StepAction::Skip;
    case OnSpike::Rollback:
      return StepAction::Rollback;
  }
  return StepAction::Stop;
}

}  // namespace

std::optional<double> RecentValues::z_score(double value) const {
  if (count_ < kWindow) return std::nullopt;
  double sum = 0;
  for (const double each : values_) sum += each;
  const double mean = sum / kWindow;
  double squares = 0;
  for (const double each : values_) squares += (each - mean) * (each - mean);
  const double deviation = std::sqrt(squares / kWindow);
  if (value == mean) return 0;
  return (value - mean) / deviation;  // Infinite above values that are all the same.
}

void RecentValues::add(double value) { values_[count_++ % kWindow] = value; }

bool Guards::wants_norm() const {
  return options_.non_finite != OnNonFinite::Stop ||
         (options_.spike != OnSpike::Ignore && options_.gradient_z > 0);
}

bool Guards::keeps_snapshots() const {
  return options_.non_finite == OnNonFinite::Rollback || options_.spike == OnSpike::Rollback;
}

StepVerdict Guards::judge_loss(double loss) const {
  return judge("loss", loss, options_.loss_z, losses_);
}

StepVerdict Guards::judge_norm(double norm) const {
  return judge("norm of the gradient", norm, options_.gradient_z, norms_);
}

StepVerdict Guards::judge(std::string_view what, double value, double limit,
                          const RecentValues& recent) const {
  if (!std::isfinite(value)) {
    // The sign of a NaN says nothing.
    return {action_of(options_.non_finite),
            fmt::format("the {} is {}", what, std::isnan(value) ? std::fabs(value) : value)};
  }
  if (options_.spike == OnSpike::Ignore || limit == 0) return {};
  const auto z = recent.z_score(value);
  if (!z || *z <= limit) return {};
  return {action_of(options_.spike),
          fmt::format("the {} is {:.4g}, {:.3g} standard deviations above the last {}", what, value,
                      *z, RecentValues::kWindow)};
}

StepVerdict Guards::conclude(StepVerdict verdict, double loss, std::optional<double> norm) {
  if (verdict.action == StepAction::Accept) {
    bad_in_a_row_ = 0;
    ++good_since_snapshot_;
    if (options_.spike == OnSpike::Ignore) return verdict;
    losses_.add(loss);
    if (norm) norms_.add(*norm);
    return verdict;
  }
  ++wasted_.skipped;
  if (verdict.action == StepAction::Overflow) return verdict;
  if (verdict.action != StepAction::Stop && ++bad_in_a_row_ >= options_.most_in_a_row) {
    return {StepAction::Stop, fmt::format("{}; that makes {} steps in a row without an update",
                                          verdict.reason, bad_in_a_row_)};
  }
  if (verdict.action == StepAction::Rollback) {
    ++wasted_.rollbacks;
    wasted_.undone += std::exchange(good_since_snapshot_, 0);
  }
  return verdict;
}

bool Guards::snapshot_due() {
  if (!keeps_snapshots()) return false;
  if (any_snapshot_ && good_since_snapshot_ < options_.snapshot_every) return false;
  any_snapshot_ = true;
  good_since_snapshot_ = 0;
  return true;
}

}  // namespace greentrain
