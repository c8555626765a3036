#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/feed_state.h"
#include "scheduler/carbon/forecast/delay_rule.h"
#include "scheduler/carbon/forecast/skill.h"
#include "scheduler/carbon/vintage_store.h"

namespace greentrain {

/// Where the value of one slot of an outlook comes from.
enum class OutlookSource { Provider, Local, Static, Unknown };
template <>
inline constexpr auto enum_names<OutlookSource> =
    std::array<std::string_view, 4>{"provider", "local", "static", "unknown"};

/// What is expected of one zone from now on: what a plan looks at.
struct Outlook {
  CarbonSeries expected;                              ///< From the running slot on.
  std::vector<std::optional<IntensityRange>> ranges;  ///< One per slot; empty if not measurable.
  std::vector<OutlookSource> sources;                 ///< One per slot.
  std::optional<UtcTime> provider_end;  ///< Up to where the provider's forecast was used.
  std::string local_model;              ///< Empty if no local forecast was needed or possible.
  std::optional<ForecastSkill> skill;   ///< Of the local model, where there is history for it.
};

struct OutlookSettings {
  std::chrono::hours horizon{48};
  std::chrono::hours history{24 * 60};  ///< That the local models learn from and are tried on.
  BacktestSettings backtest{};
};

/// The model with the least mean absolute error, references included, as tried on the past.
std::optional<ForecastSkill> best_of(const std::vector<ForecastSkill>& skills);

/// The outlook of a signal at `now` from what the store holds, with the forecasts that `state`
/// allows: the provider's newest where it is allowed and reaches, then the best local model. Empty
/// if neither knows a single slot. Takes milliseconds per month of history.
std::optional<Outlook> make_outlook(const VintageStore& store, const CarbonSignal& signal,
                                    UtcTime now, FeedState state, const OutlookSettings& settings);

/// A model that repeats the provider's own forecasts as they were known, so that backtest() scores
/// them beside the local ones. `forecasts` in order of retrieval; it must outlive the model.
ForecastModel provider_model(const std::vector<CarbonSeries>& forecasts);

}  // namespace greentrain
