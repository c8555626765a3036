#include "scheduler/carbon/feeds/series_builder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace greentrain {
namespace {

constexpr double kMostDropped = 0.1;  ///< Share of the values, above which the answer is rejected.

/// A jump of both this size and this factor from one slot to the next is an error of the feed: the
/// ramps of real grids stay well below. Only marginal signals do jump, with the plant that sets
/// them.
constexpr double kJumpGrams = 200;
constexpr double kJumpFactor = 3;

std::string in_words(std::chrono::seconds span) {
  return span.count() % 60 == 0 ? fmt::format("{} min", span.count() / 60)
                                : fmt::format("{} s", span.count());
}

}  // namespace

SeriesBuilder::SeriesBuilder(AnswerOrigin origin, CarbonSignal signal, SeriesMethod method,
                             std::optional<std::chrono::seconds> step)
    : origin_(std::move(origin)), signal_(std::move(signal)), method_(method), step_(step) {}

void SeriesBuilder::add(UtcTime start, std::optional<GramsPerKwh> value, std::string where) {
  rows_.push_back({start, value, std::move(where)});
}

void SeriesBuilder::sort() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& a, const Row& b) { return a.start < b.start; });
}

void SeriesBuilder::check_order() const {
  for (std::size_t row = 1; row < rows_.size(); ++row) {
    const UtcTime before = rows_[row - 1].start;
    if (rows_[row].start > before) continue;
    const bool twice = rows_[row].start == before;
    complain(origin_, FaultKind::Suspect, rows_[row].where,
             fmt::format("{} {}", format_utc(rows_[row].start),
                         twice ? "a second time" : "after " + format_utc(before)),
             "times that increase (a clock change in local times looks like this)");
  }
}

std::chrono::seconds SeriesBuilder::find_step() const {
  if (step_) return *step_;
  if (rows_.size() < 2) {
    complain(origin_, FaultKind::Malformed, rows_.empty() ? "" : rows_[0].where,
             fmt::format("{} row(s)", rows_.size()), "at least two, to tell the length of a slot");
  }
  std::map<std::chrono::seconds, std::size_t> spans;
  for (std::size_t row = 1; row < rows_.size(); ++row) {
    ++spans[rows_[row].start - rows_[row - 1].start];
  }
  return std::max_element(spans.begin(), spans.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void SeriesBuilder::check_grid(std::chrono::seconds step) const {
  if (step.count() <= 0 || step > CarbonSeries::kMaxStep) {
    complain(origin_, FaultKind::Malformed, rows_[0].where,
             fmt::format("slots of {} s", step.count()),
             fmt::format("1 s to {} s", CarbonSeries::kMaxStep.count()));
  }
  for (const Row& row : rows_) {
    if ((row.start - rows_[0].start) % step == std::chrono::seconds{0}) continue;
    complain(origin_, FaultKind::Suspect, row.where,
             fmt::format("{}, off the grid of {} from {}", format_utc(row.start), in_words(step),
                         format_utc(rows_[0].start)),
             "one step throughout");
  }
  const auto slots = (rows_.back().start - rows_[0].start) / step + 1;
  if (slots > static_cast<std::int64_t>(CarbonSeries::kMaxSlots)) {
    complain(origin_, FaultKind::Suspect, rows_.back().where,
             fmt::format("{}, {} slots after the first row", format_utc(rows_.back().start), slots),
             fmt::format("at most {} slots", CarbonSeries::kMaxSlots));
  }
}

void SeriesBuilder::drop(Row& row, const std::string& found, const std::string& expected,
                         std::vector<FeedFault>& faults) const {
  faults.push_back(
      {FaultKind::Implausible, origin_.provider, origin_.source, row.where, found, expected});
  row.value.reset();
}

void SeriesBuilder::drop_implausible(std::vector<FeedFault>& faults) {
  for (Row& row : rows_) {
    if (!row.value || (row.value->value > 0 && *row.value <= kMostPlausible)) continue;
    drop(row, fmt::format("{:g} g/kWh", row.value->value),
         fmt::format("above 0 and up to {:g} g/kWh", kMostPlausible.value), faults);
  }
}

void SeriesBuilder::drop_jumps(std::vector<FeedFault>& faults) {
  if (signal_.kind == SignalKind::Marginal || believes_jumps_) return;
  const Row* before = nullptr;
  for (Row& row : rows_) {
    if (!row.value) continue;
    if (before != nullptr) {
      const auto [low, high] = std::minmax(before->value->value, row.value->value);
      if (high - low > kJumpGrams && high > kJumpFactor * low) {
        drop(row, fmt::format("{:g} g/kWh after {:g}", row.value->value, before->value->value),
             fmt::format("no jump of more than {:g} g/kWh and {:g} times", kJumpGrams, kJumpFactor),
             faults);
        continue;
      }
    }
    before = &row;
  }
}

SeriesBuilder::Result SeriesBuilder::build(UtcTime generated_at, UtcTime retrieved_at) {
  Result result;
  check_order();
  if (rows_.empty()) return result;
  const std::chrono::seconds step = find_step();
  check_grid(step);
  drop_implausible(result.faults);
  drop_jumps(result.faults);
  if (static_cast<double>(result.faults.size()) >
      kMostDropped * static_cast<double>(rows_.size())) {
    FeedFault first = result.faults.front();
    first.kind = FaultKind::Suspect;
    first.found += fmt::format(" ({} of {} values cannot be)", result.faults.size(), rows_.size());
    throw FeedError(first);
  }
  const auto known = [](const Row& row) { return row.value.has_value(); };
  const auto first = std::find_if(rows_.begin(), rows_.end(), known);
  if (first == rows_.end()) return result;
  const auto last = std::find_if(rows_.rbegin(), rows_.rend(), known);

  CarbonSeriesFields fields{signal_, method_, generated_at, retrieved_at, first->start, step, {}};
  fields.values.resize(static_cast<std::size_t>((last->start - first->start) / step) + 1);
  for (auto row = first; row != last.base(); ++row) {
    fields.values[static_cast<std::size_t>((row->start - first->start) / step)] = row->value;
  }
  result.series.emplace(std::move(fields));
  return result;
}

void append_to(FeedAnswer& answer, SeriesBuilder::Result result) {
  if (result.series) answer.series.push_back(std::move(*result.series));
  answer.faults.insert(answer.faults.end(), result.faults.begin(), result.faults.end());
}

}  // namespace greentrain
