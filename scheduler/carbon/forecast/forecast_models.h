#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/forecast/known_history.h"

namespace greentrain {

/// g/kWh of the slots from `from` on, as far as a model can tell.
using Prediction = std::vector<std::optional<double>>;

/// Forecasts `slots` slots of the history's step from `from` on. May use all of the history, which
/// ends before `from` by the publication lag: how far back its last value lies is part of the
/// problem, and leads are counted from that value, not from now.
/// Nothing is forecast from a history that ended more than a week before.
using Predictor =
    std::function<Prediction(const KnownHistory& history, UtcTime from, std::size_t slots)>;

struct ForecastModel {
  std::string name;
  Predictor predict;
};

/// The last known value, for ever. The forecast of somebody who runs at once.
Prediction predict_persistence(const KnownHistory& history, UtcTime from, std::size_t slots);

/// The value one day before; where that is not known yet or missing, two days, up to seven.
Prediction predict_seasonal_naive(const KnownHistory& history, UtcTime from, std::size_t slots);

/// Seasonal-naive, moved by its own error over the last 3 known hours; the move decays with e^-1 in
/// 6 hours after the last known value.
Prediction predict_level(const KnownHistory& history, UtcTime from, std::size_t slots);

/// The mean of the same time of day over the last 28 days, workdays and weekends apart, moved by
/// its error over the last 24 known hours; the move decays in 24 hours.
Prediction predict_climatology(const KnownHistory& history, UtcTime from, std::size_t slots);

/// The mean of level and climatology.
Prediction predict_blend(const KnownHistory& history, UtcTime from, std::size_t slots);

/// The models that a local forecast chooses from; persistence and seasonal-naive come first, as the
/// references that skill is measured against.
const std::vector<ForecastModel>& local_models();

}  // namespace greentrain
