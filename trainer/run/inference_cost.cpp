#include "trainer/run/inference_cost.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/format.h"

namespace greentrain {
namespace {

using nlohmann::json;

constexpr double kWhPerThousand = 1000.0 / 3600;  ///< Of a joule by query.

json interval(const MeanInterval& value, double factor) {
  return {{"mean", value.mean * factor}, {"lo", value.lo * factor}, {"hi", value.hi * factor}};
}

/// Of repetitions, of which one says nothing of how they differ.
json interval_of_runs(const InferenceCost& cost, double factor) {
  json object = interval(cost.joules_per_query(), factor);
  if (cost.runs.size() < 2) object["lo"] = object["hi"] = nullptr;
  return object;
}

Quality quality_of(const InferenceCost& cost) {
  Quality worst = Quality::Measured;
  for (const InferenceRun& run : cost.runs) worst = std::max(worst, run.energy.quality);
  return worst;
}

json to_json(const InferenceCost& cost, const std::optional<Energy>& training) {
  json object{{"batch_size", cost.batch},
              {"repetitions", cost.runs.size()},
              {"queries_per_s", cost.queries_per_s()},
              {"quality", to_string(quality_of(cost))},
              {"joules_per_query", nullptr},
              {"joules_per_query_bounds", nullptr},
              {"wh_per_1000_queries", nullptr},
              {"outweighs_training_after", nullptr}};
  if (!cost.measured()) return object;
  object["joules_per_query"] = interval_of_runs(cost, 1);
  object["joules_per_query_bounds"] = interval(cost.sensor_bounds(), 1);
  object["wh_per_1000_queries"] = interval_of_runs(cost, kWhPerThousand);
  const auto even = training ? break_even(*training, cost) : std::nullopt;
  if (even) {
    object["outweighs_training_after"] = {
        {"queries", even->queries}, {"lo", even->lo}, {"hi", even->hi ? json(*even->hi) : json()}};
  }
  return object;
}

std::string count_text(double number) {
  return number < 1e6 ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}", number);
}

std::string line(const InferenceCost& cost) {
  if (!cost.measured()) {
    return fmt::format("{:>6}  {:>11}  unmeasured\n", cost.batch,
                       format_number(cost.queries_per_s()));
  }
  const MeanInterval joules = cost.joules_per_query();
  const MeanInterval bounds = cost.sensor_bounds();
  return fmt::format("{:>6}  {:>11}  {:>9} ({}, sensors {})  {:>9}\n", cost.batch,
                     format_number(cost.queries_per_s()), format_joules(Joules{joules.mean}),
                     cost.runs.size() < 2 ? "one repetition"
                                          : format_interval(Joules{joules.lo}, Joules{joules.hi}),
                     format_interval(Joules{bounds.lo}, Joules{bounds.hi}),
                     format_number(joules.mean * kWhPerThousand));
}

std::string outweighs(const InferenceReport& report) {
  const InferenceCost& first = report.costs.front();
  const auto even = report.training ? break_even(*report.training, first) : std::nullopt;
  if (!even) return "How many queries outweigh the training is not known.\n";
  return fmt::format(
      "Training drew {}: answering outweighs it after {} queries at batch {} ({} to {}).\n",
      format_joules(report.training->joules), count_text(even->queries), first.batch,
      count_text(even->lo), even->hi ? count_text(*even->hi) : "any number");
}

}  // namespace

bool InferenceCost::measured() const {
  return !runs.empty() && quality_of(*this) != Quality::Unmeasured;
}

MeanInterval InferenceCost::joules_per_query() const {
  std::vector<double> values;
  for (const InferenceRun& run : runs) {
    values.push_back(run.energy.joules.value / static_cast<double>(run.queries));
  }
  MeanInterval joules = mean_interval(values);
  joules.lo = std::max(0.0, joules.lo);  // No answer gives energy back.
  return joules;
}

MeanInterval InferenceCost::sensor_bounds() const {
  MeanInterval sums;
  double queries = 0;
  for (const InferenceRun& run : runs) {
    sums.mean += run.energy.joules.value;
    sums.lo += run.energy.lo.value;
    sums.hi += run.energy.hi.value;
    queries += static_cast<double>(run.queries);
  }
  return {sums.mean / queries, sums.lo / queries, sums.hi / queries};
}

double InferenceCost::queries_per_s() const {
  double queries = 0;
  Seconds time{0};
  for (const InferenceRun& run : runs) {
    queries += static_cast<double>(run.queries);
    time += run.time;
  }
  return queries / time.count();
}

std::optional<BreakEven> break_even(const Energy& training, const InferenceCost& cost) {
  if (training.quality == Quality::Unmeasured || !cost.measured()) return std::nullopt;
  const MeanInterval query = cost.sensor_bounds();
  if (query.mean <= 0) return std::nullopt;
  BreakEven even;
  even.queries = std::ceil(training.joules.value / query.mean);
  even.lo = std::ceil(training.lo.value / query.hi);
  if (query.lo > 0) even.hi = std::ceil(training.hi.value / query.lo);
  return even;
}

json to_json(const InferenceReport& report) {
  json object{{"schema_version", 1},
              {"run", report.run_directory},
              {"device", report.device},
              {"threads", report.threads},
              {"queries", report.queries},
              {"warmup_batches", report.warmup},
              {"batches", json::array()},
              {"training_joules", nullptr},
              {"energy", to_json(report.energy)}};
  if (report.training && report.training->quality != Quality::Unmeasured) {
    object["training_joules"] = report.training->joules.value;
  }
  for (const InferenceCost& cost : report.costs) {
    object["batches"].push_back(to_json(cost, report.training));
  }
  return object;
}

std::string to_text(const InferenceReport& report) {
  std::string text =
      fmt::format("{}: {} queries, {} repetition{}, on {} with {} thread{}\n", report.run_directory,
                  report.queries, report.costs.front().runs.size(),
                  report.costs.front().runs.size() == 1 ? "" : "s", report.device, report.threads,
                  report.threads == 1 ? "" : "s");
  text += fmt::format("{:>6}  {:>11}  {:<44}  {}\n", "batch", "queries/s", "J per query",
                      "Wh per 1000");
  for (const InferenceCost& cost : report.costs) text += line(cost);
  text += outweighs(report);
  text += fmt::format("The energy is the whole node's meanwhile. Not included: {}.\n",
                      fmt::join(report.energy.excludes, ", "));
  for (const std::string& note : report.energy.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace greentrain
