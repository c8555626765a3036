#include "scheduler/carbon/forecast/forecast_models.h"

#include <algorithm>
#include <cmath>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = 24h;
constexpr auto kOldest = 7 * kDay;
constexpr int kSeasonalDays = 7;
constexpr int kClimatologyDays = 28;

/// How an error of the recent past is carried into the future.
struct Carry {
  std::chrono::hours seen_over;  ///< The mean error over so much of the past
  std::chrono::hours decay;      ///< falls to 1/e in this time.
};
constexpr Carry kLevelCarry{3h, 6h};
constexpr Carry kClimatologyCarry{24h, 24h};

bool reaches(const KnownHistory& history, UtcTime from) {
  return history.last() && from - *history.last() <= kOldest;
}

bool is_weekend(UtcTime time) {
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(time)};
  return day == std::chrono::Saturday || day == std::chrono::Sunday;
}

/// The newest value of the same time of day that lies before `time` and before `until`.
std::optional<double> days_before(const KnownHistory& history, UtcTime time, UtcTime until) {
  int tried = 0;
  for (UtcTime day = time - kDay; tried < kSeasonalDays; day -= kDay) {
    if (day >= until) continue;  // Not known yet.
    ++tried;
    if (const auto value = history.at(day)) return value;
  }
  return std::nullopt;
}

/// The mean of the same time of day over the days before `until`, of days of the same kind if
/// there are any.
std::optional<double> usual(const KnownHistory& history, UtcTime time, UtcTime until) {
  double sum[2] = {0, 0};
  int count[2] = {0, 0};
  UtcTime day = time - kDay;
  while (day >= until) day -= kDay;
  for (int back = 0; back < kClimatologyDays; ++back, day -= kDay) {
    const auto value = history.at(day);
    if (!value) continue;
    const bool other_kind = is_weekend(day) != is_weekend(time);
    sum[other_kind] += *value;
    ++count[other_kind];
  }
  if (count[0] > 0) return sum[0] / count[0];
  return count[1] > 0 ? std::optional(sum[1] / count[1]) : std::nullopt;
}

using Rule = std::optional<double> (*)(const KnownHistory&, UtcTime, UtcTime);

/// The mean of value minus rule over the last known stretch, the rule knowing only what came
/// before.
double recent_error(const KnownHistory& history, Rule rule, std::chrono::hours seen_over) {
  const UtcTime end = *history.last() + history.step();
  const UtcTime begin = end - seen_over;
  double sum = 0.0;
  int count = 0;
  for (UtcTime slot = begin; slot < end; slot += history.step()) {
    const auto value = history.at(slot);
    const auto expected = rule(history, slot, begin);
    if (!value || !expected) continue;
    sum += *value - *expected;
    ++count;
  }
  return count == 0 ? 0.0 : sum / count;
}

Prediction predict_with(const KnownHistory& history, UtcTime from, std::size_t slots, Rule rule,
                        std::optional<Carry> carry) {
  Prediction prediction(slots);
  if (!reaches(history, from)) return prediction;
  const UtcTime known_until = *history.last() + history.step();
  const double error = carry ? recent_error(history, rule, carry->seen_over) : 0.0;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const UtcTime time = from + static_cast<std::int64_t>(slot) * history.step();
    if (time < known_until && history.at(time)) {  // Forecast by who published it.
      prediction[slot] = history.at(time);
      continue;
    }
    const auto expected = rule(history, time, known_until);
    if (!expected) continue;
    double moved = *expected;
    if (carry) {
      const Seconds lead = time - *history.last();
      moved += error * std::exp(-lead / Seconds(carry->decay));
    }
    // Half of the expected value is as far down as an error may carry it: never to 0.
    prediction[slot] = std::max(moved, 0.5 * *expected);
  }
  return prediction;
}

}  // namespace

Prediction predict_persistence(const KnownHistory& history, UtcTime from, std::size_t slots) {
  return Prediction(slots, reaches(history, from) ? history.at(*history.last()) : std::nullopt);
}

Prediction predict_seasonal_naive(const KnownHistory& history, UtcTime from, std::size_t slots) {
  return predict_with(history, from, slots, days_before, std::nullopt);
}

Prediction predict_level(const KnownHistory& history, UtcTime from, std::size_t slots) {
  return predict_with(history, from, slots, days_before, kLevelCarry);
}

Prediction predict_climatology(const KnownHistory& history, UtcTime from, std::size_t slots) {
  return predict_with(history, from, slots, usual, kClimatologyCarry);
}

Prediction predict_blend(const KnownHistory& history, UtcTime from, std::size_t slots) {
  Prediction level = predict_level(history, from, slots);
  const Prediction climatology = predict_climatology(history, from, slots);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (level[slot] && climatology[slot]) level[slot] = (*level[slot] + *climatology[slot]) / 2;
    if (!level[slot]) level[slot] = climatology[slot];
  }
  return level;
}

const std::vector<ForecastModel>& local_models() {
  static const std::vector<ForecastModel> models{{"persistence", predict_persistence},
                                                 {"seasonal-naive", predict_seasonal_naive},
                                                 {"level", predict_level},
                                                 {"climatology", predict_climatology},
                                                 {"blend", predict_blend}};
  return models;
}

}  // namespace greentrain
