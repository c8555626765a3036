#include "scheduler/carbon/forecast/known_history.h"

#include <algorithm>

namespace greentrain {

KnownHistory::KnownHistory(UtcTime start, std::chrono::seconds step)
    : start_(std::chrono::floor<std::chrono::days>(start)), step_(step) {}

void KnownHistory::learn(const PublishedValue& value) {
  const auto ahead = value.start - start_;
  if (ahead.count() < 0) return;
  const auto skew = ahead % step_;
  UtcTime slot = value.start + (skew.count() == 0 ? skew : step_ - skew);
  for (; slot + step_ <= value.start + value.step; slot += step_) {
    const auto index = static_cast<std::size_t>((slot - start_) / step_);
    if (index >= CarbonSeries::kMaxSlots) return;
    if (index >= values_.size()) values_.resize(index + 1);
    values_[index] = value.value.value;
    last_ = std::max(last_.value_or(slot), slot);
  }
}

std::optional<double> KnownHistory::at(UtcTime time) const {
  if (time < start_) return std::nullopt;
  const auto index = static_cast<std::size_t>((time - start_) / step_);
  return index < values_.size() ? values_[index] : std::nullopt;
}

std::optional<double> KnownHistory::mean(UtcTime from, UtcTime to) const {
  double sum = 0.0;
  int count = 0;
  for (UtcTime slot = from; slot < to; slot += step_, ++count) {
    const std::optional<double> value = at(slot);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

std::chrono::seconds finest_step(const std::vector<PublishedValue>& values) {
  std::chrono::seconds step = std::chrono::hours{1};
  for (const PublishedValue& value : values) step = std::min(step, value.step);
  return step;
}

KnownHistory learn_all(const std::vector<PublishedValue>& values) {
  UtcTime start = UtcTime::max();
  for (const PublishedValue& value : values) start = std::min(start, value.start);
  KnownHistory history(values.empty() ? UtcTime{} : start, finest_step(values));
  for (const PublishedValue& value : values) history.learn(value);
  return history;
}

}  // namespace greentrain
