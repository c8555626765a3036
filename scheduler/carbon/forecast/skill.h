#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/forecast/conformal.h"
#include "scheduler/carbon/forecast/forecast_models.h"

namespace greentrain {

/// How forecasts are tried out on the past.
struct BacktestSettings {
  std::chrono::hours horizon{24};      ///< Of each forecast, and the slack of the reference job.
  std::chrono::hours job{4};           ///< Length of the reference job that the forecast times.
  std::chrono::hours every{3};         ///< Time between two forecasts.
  std::chrono::hours warm_up{24 * 7};  ///< History before the first one.
  double coverage{0.8};                ///< That the intervals promise.
};

/// How good one forecaster was over the past. Errors are against the values as they settled.
struct ForecastSkill {
  std::string model;
  std::size_t forecasts{0};  ///< Tried.
  std::size_t days{0};       ///< On which at least one forecast could be judged.
  GramsPerKwh mean_absolute_error;
  GramsPerKwh bias;                     ///< Forecast minus truth.
  double skill_over_persistence{0};     ///< 1 - error / error of the last known value.
  double skill_over_seasonal_naive{0};  ///< 1 - error / error of yesterday's value.
  Fraction possible_saving;  ///< Carbon that perfect timing of the reference job would have saved.
  Fraction realised_saving;  ///< What timing it by this forecast did save: may be negative.
  Fraction realised_at_least;  ///< Lower end of its one-sided 95 % interval over days.
  std::optional<double>
      coverage;          ///< Share of the later half inside intervals from the first half.
  ConformalBands bands;  ///< Errors by lead, from all forecasts.
};

/// Replays `published` (all values, in order of retrieval) and tries each model every so often,
/// knowing at each time only what had been retrieved then. The models are compared on the slots
/// for which all of them and the truth have a value. Source of the skill score: Murphy, 1988,
/// Monthly Weather Review 116, 2417-2424, with the absolute in place of the squared error.
/// Empty if the past is too short to judge a single forecast.
std::vector<ForecastSkill> backtest(const std::vector<PublishedValue>& published,
                                    const std::vector<ForecastModel>& models,
                                    const BacktestSettings& settings);

/// The values in order of retrieval, for backtest(). One that was retrieved more than a day after
/// its slot ended came with a download of the past and says nothing about the publication lag: it
/// counts as retrieved `lag` after the end of its slot.
std::vector<PublishedValue> in_order_of_retrieval(std::vector<PublishedValue> values,
                                                  std::chrono::seconds lag);

}  // namespace greentrain
