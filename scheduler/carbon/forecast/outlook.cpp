#include "scheduler/carbon/forecast/outlook.h"

#include <algorithm>
#include <utility>

namespace greentrain {
namespace {

/// What is missing of an outlook while it is put together.
struct Draft {
  UtcTime start;
  std::chrono::seconds step;
  std::vector<std::optional<GramsPerKwh>> values;
  std::vector<std::optional<IntensityRange>> ranges;
  std::vector<OutlookSource> sources;

  UtcTime start_of(std::size_t slot) const {
    return start + static_cast<std::int64_t>(slot) * step;
  }
};

Draft empty_draft(UtcTime now, std::chrono::seconds step, std::chrono::hours horizon) {
  Draft draft;
  draft.step = step;
  draft.start = now - now.time_since_epoch() % step;
  const auto slots = static_cast<std::size_t>(std::max<std::int64_t>(1, horizon / step));
  draft.values.resize(slots);
  draft.ranges.resize(slots);
  draft.sources.assign(slots, OutlookSource::Unknown);
  return draft;
}

/// Fills slots from the provider's forecast and returns the end of the last one.
std::optional<UtcTime> use_provider(const CarbonSeries& forecast, Draft& draft) {
  std::optional<UtcTime> end;
  for (std::size_t slot = 0; slot < draft.values.size(); ++slot) {
    const UtcTime from = draft.start_of(slot);
    const auto value = forecast.mean(from, from + draft.step);
    if (!value) continue;
    draft.values[slot] = value;
    draft.sources[slot] = OutlookSource::Provider;
    end = from + draft.step;
  }
  return end;
}

void use_local(const ForecastSkill& skill, const KnownHistory& history, Draft& draft) {
  const auto& models = local_models();
  const auto model = std::find_if(models.begin(), models.end(), [&](const ForecastModel& one) {
    return one.name == skill.model;
  });
  const Prediction prediction = model->predict(history, draft.start, draft.values.size());
  for (std::size_t slot = 0; slot < prediction.size(); ++slot) {
    if (draft.values[slot] || !prediction[slot]) continue;
    draft.values[slot] = GramsPerKwh{*prediction[slot]};
    draft.ranges[slot] = skill.bands.around(*prediction[slot], slot);
    draft.sources[slot] = OutlookSource::Local;
  }
}

/// The local model to use: the best one tried, or seasonal-naive while nothing can be tried.
ForecastSkill pick_local(const std::vector<ForecastSkill>& tried) {
  if (const auto best = best_of(tried)) return *best;
  ForecastSkill untried;
  untried.model = "seasonal-naive";
  return untried;
}

constexpr auto kAssumedLag = std::chrono::hours{2};

}  // namespace

std::optional<ForecastSkill> best_of(const std::vector<ForecastSkill>& skills) {
  const auto best = std::min_element(
      skills.begin(), skills.end(),
      [](const auto& a, const auto& b) { return a.mean_absolute_error < b.mean_absolute_error; });
  return best == skills.end() ? std::nullopt : std::optional(*best);
}

std::optional<Outlook> make_outlook(const VintageStore& store, const CarbonSignal& signal,
                                    UtcTime now, FeedState state, const OutlookSettings& settings) {
  const UtcTime since = now - settings.history;
  const auto published = in_order_of_retrieval(
      store.published(signal, since, now + settings.horizon, now), kAssumedLag);
  const auto forecast = store.newest(signal, SeriesMethod::Forecast, now);
  const bool provider = forecast && plan_rights(state).forecast != PlanForecast::Local;
  if (published.empty() && !provider) return std::nullopt;

  const KnownHistory history = learn_all(published);
  const std::chrono::seconds step = published.empty() ? forecast->step() : history.step();
  Draft draft = empty_draft(now, step, settings.horizon);
  const auto provider_end = provider ? use_provider(*forecast, draft) : std::nullopt;

  BacktestSettings backtesting = settings.backtest;
  backtesting.horizon = std::max(backtesting.horizon, settings.horizon);
  const auto tried = backtest(published, local_models(), backtesting);
  const ForecastSkill local = pick_local(tried);
  if (!published.empty()) use_local(local, history, draft);
  const auto known = [](const auto& value) { return value.has_value(); };
  if (std::none_of(draft.values.begin(), draft.values.end(), known)) return std::nullopt;
  const bool used_local = std::find(draft.sources.begin(), draft.sources.end(),
                                    OutlookSource::Local) != draft.sources.end();
  CarbonSeries expected(
      {signal, SeriesMethod::Forecast, now, now, draft.start, draft.step, std::move(draft.values)});
  return Outlook{
      std::move(expected),           std::move(draft.ranges),
      std::move(draft.sources),      provider_end,
      used_local ? local.model : "", tried.empty() ? std::nullopt : std::optional(local)};
}

ForecastModel provider_model(const std::vector<CarbonSeries>& forecasts) {
  return {"provider", [&forecasts](const KnownHistory& history, UtcTime from, std::size_t slots) {
            Prediction prediction(slots);
            // Back-tests ask at whole hours for what was known within that hour.
            const auto later = std::find_if(forecasts.begin(), forecasts.end(),
                                            [&](const auto& f) { return f.retrieved_at() > from; });
            if (later == forecasts.begin()) return prediction;
            const CarbonSeries& newest = *std::prev(later);
            for (std::size_t slot = 0; slot < slots; ++slot) {
              const UtcTime time = from + static_cast<std::int64_t>(slot) * history.step();
              const auto value = newest.mean(time, time + history.step());
              if (value) prediction[slot] = value->value;
            }
            return prediction;
          }};
}

}  // namespace greentrain
