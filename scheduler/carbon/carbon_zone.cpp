#include "scheduler/carbon/carbon_zone.h"

#include <algorithm>
#include <utility>

#include "scheduler/carbon/feeds/retry.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kPollEvery = 5min;
constexpr RetryPolicy kRetry{};
constexpr int kQuickRetries = 7;  ///< 1, 2, 4, 8, 16, 32 and 60 s.

}  // namespace

CarbonZone::CarbonZone(std::string zone, std::unique_ptr<CarbonFeed> feed, VintageStore& store,
                       const Clock& clock, OutlookSettings settings,
                       FeedWatch::OnTransition on_transition)
    : zone_(std::move(zone)),
      feed_(std::move(feed)),
      store_(store),
      clock_(clock),
      settings_(settings),
      watch_(zone_, feed_->limits(), settings.horizon, clock, std::move(on_transition)),
      jitter_(std::random_device{}()),
      next_poll_(now()) {
  recall();
}

UtcTime CarbonZone::now() const { return std::chrono::floor<std::chrono::seconds>(clock_.date()); }

std::optional<CarbonSignal> CarbonZone::signal() const {
  for (const CarbonSignal& signal : store_.signals_of(zone_)) {
    if (signal.provider == feed_->name()) return signal;
  }
  return std::nullopt;
}

/// What an earlier program put into the store counts as this one's last answer.
void CarbonZone::recall() {
  const auto known = signal();
  if (!known) return;
  FeedAnswer before;
  UtcTime newest = UtcTime::min();
  for (const SeriesMethod method :
       {SeriesMethod::Measured, SeriesMethod::Estimated, SeriesMethod::Forecast}) {
    const auto series = store_.newest(*known, method, now());
    if (!series) continue;
    newest = std::max(newest, series->retrieved_at());
    before.series.push_back(*series);
  }
  tell(watch_, before);
  if (!before.series.empty()) next_poll_ = std::max(now(), newest + kPollEvery);
}

void CarbonZone::schedule(const FeedAnswer& answer) {
  failures_ = answer.series.empty() ? failures_ + 1 : 0;
  std::chrono::milliseconds wait = kPollEvery;
  if (failures_ > 0 && failures_ <= kQuickRetries) wait = backoff(kRetry, failures_ + 1, jitter_);
  for (const FeedFault& fault : answer.faults) {
    if (fault.retry_after) wait = std::max(wait, std::chrono::milliseconds(*fault.retry_after));
  }
  next_poll_ = now() + std::chrono::ceil<std::chrono::seconds>(wait);
}

std::vector<FeedFault> CarbonZone::poll() {
  // Once is enough for what the provider keeps; later polls need the newest day.
  const bool first = !signal().has_value();
  FeedQuery query{zone_, now(), first ? settings_.history : 24h, settings_.horizon};
  const FeedAnswer answer = feed_->fetch(query);
  store_.append(answer.series);
  tell(watch_, answer);
  schedule(answer);
  return answer.faults;
}

std::optional<Outlook> CarbonZone::outlook() {
  const auto known = signal();
  if (!known) return std::nullopt;
  if (auto outlook = make_outlook(store_, *known, now(), state(), settings_)) return outlook;
  return static_outlook();
}

std::optional<Outlook> CarbonZone::static_outlook() const {
  const auto level = store_.newest(*signal(), SeriesMethod::Static, now());
  if (!level) return std::nullopt;
  CarbonSeriesFields fields = level->fields();
  fields.generated_at = fields.retrieved_at = now();
  fields.start = std::chrono::floor<std::chrono::hours>(now());
  fields.values.assign(static_cast<std::size_t>(settings_.horizon / fields.step),
                       level->values().back());
  const std::size_t slots = fields.values.size();
  return Outlook{CarbonSeries(std::move(fields)),
                 std::vector<std::optional<IntensityRange>>(slots),
                 std::vector<OutlookSource>(slots, OutlookSource::Static),
                 std::nullopt,
                 "",
                 std::nullopt};
}

}  // namespace greentrain
