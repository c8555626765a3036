#include <algorithm>
#include <utility>

#include "core/file.h"
#include "scheduler/carbon/feeds/local_feeds.h"
#include "scheduler/carbon/feeds/series_file.h"

namespace greentrain {
namespace {

/// A file that does not say when it was made is no newer than its last slot.
CarbonSeries dated(const CarbonSeries& series, UtcTime now) {
  CarbonSeriesFields fields = series.fields();
  if (fields.generated_at == now) fields.generated_at = std::min(now, series.end());
  return CarbonSeries(std::move(fields));
}

void add_part(const CarbonSeries& series, std::size_t first, std::size_t last, SeriesMethod method,
              FeedAnswer& answer) {
  CarbonSeriesFields fields = series.fields();
  fields.method = method;
  fields.start = series.start_of(first);
  fields.values.assign(series.values().begin() + static_cast<std::ptrdiff_t>(first),
                       series.values().begin() + static_cast<std::ptrdiff_t>(last));
  if (!fields.values.empty()) answer.series.emplace_back(std::move(fields));
}

/// Values of slots that have not ended are the file's forecast, and polls after `now` are unknown:
/// so a file of the past can be looked at as it would have been then.
FeedAnswer as_seen_at(UtcTime now, const FeedAnswer& whole) {
  FeedAnswer answer{{}, whole.faults};
  for (const CarbonSeries& undated : whole.series) {
    if (undated.retrieved_at() > now) continue;
    const CarbonSeries series = dated(undated, now);
    // A poll of a slot that still ran was seen as it stands; one whole file was not.
    const bool reaches_ahead = series.retrieved_at() == now && series.end() > now;
    if (!reaches_ahead || series.method() == SeriesMethod::Forecast) {
      answer.series.push_back(series);
      continue;
    }
    const auto past = series.slot_at(now).value_or(0);
    add_part(series, 0, past, series.method(), answer);
    add_part(series, past, series.size(), SeriesMethod::Forecast, answer);
  }
  return answer;
}

class FileFeed final : public CarbonFeed {
 public:
  FileFeed(std::filesystem::path file, std::optional<EmissionBasis> basis)
      : file_(std::move(file)), basis_(basis) {}

  const std::string& name() const override { return name_; }

  FeedAnswer fetch(const FeedQuery& query) override {
    FeedAnswer answer;
    try {
      answer = as_seen_at(
          query.now, parse_series_file({name_, file_.string()}, {query.zone, basis_, query.now},
                                       read_file(file_)));
    } catch (const FeedError& error) {
      answer.faults.push_back(error.fault());
    }
    return answer;
  }

 private:
  std::string name_{"file"};
  std::filesystem::path file_;
  std::optional<EmissionBasis> basis_;
};

}  // namespace

std::unique_ptr<CarbonFeed> make_file_feed(std::filesystem::path file,
                                           std::optional<EmissionBasis> basis) {
  return std::make_unique<FileFeed>(std::move(file), basis);
}

}  // namespace greentrain
