#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/feeds/json_node.h"
#include "scheduler/carbon/series.h"

namespace greentrain {

/// Turns the rows of one answer into a CarbonSeries and refuses what cannot be: times that repeat,
/// go back or leave the grid reject the whole answer; a value that is 0, negative, above 1500 g/kWh
/// or a wild jump is dropped, and when more than a tenth are dropped, the answer is rejected.
class SeriesBuilder {
 public:
  /// Values above this are no power plant: the worst lignite emits about 1300 g/kWh.
  static constexpr GramsPerKwh kMostPlausible{1500};

  /// `step` is found from the rows if it is empty; then at least two are needed.
  SeriesBuilder(AnswerOrigin origin, CarbonSignal signal, SeriesMethod method,
                std::optional<std::chrono::seconds> step);

  /// One row. `where` is its JSON path or line; `value` is empty where the provider has none.
  void add(UtcTime start, std::optional<GramsPerKwh> value, std::string where);
  /// Puts the rows in order of time, for providers that promise no order.
  void sort();
  /// Keeps jumps: for series that a user vouches for, such as a file.
  void believe_jumps() { believes_jumps_ = true; }
  bool empty() const { return rows_.empty(); }

  struct Result {
    std::optional<CarbonSeries> series;  ///< Empty if no row had a value that could be used.
    std::vector<FeedFault> faults;       ///< One, Implausible, for each value that was dropped.
  };
  /// Throws FeedError, Suspect, when the answer is rejected.
  Result build(UtcTime generated_at, UtcTime retrieved_at);

 private:
  struct Row {
    UtcTime start;
    std::optional<GramsPerKwh> value;
    std::string where;
  };

  std::chrono::seconds find_step() const;
  void check_order() const;
  void check_grid(std::chrono::seconds step) const;
  void drop_implausible(std::vector<FeedFault>& faults);
  void drop_jumps(std::vector<FeedFault>& faults);
  void drop(Row& row, const std::string& found, const std::string& expected,
            std::vector<FeedFault>& faults) const;

  AnswerOrigin origin_;
  CarbonSignal signal_;
  SeriesMethod method_;
  std::optional<std::chrono::seconds> step_;
  std::vector<Row> rows_;
  bool believes_jumps_{false};
};

/// Adds what a builder made to an answer.
void append_to(FeedAnswer& answer, SeriesBuilder::Result result);

}  // namespace greentrain
