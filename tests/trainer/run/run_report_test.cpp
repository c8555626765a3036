#include "trainer/run/run_report.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "tests/fakes/golden.h"
#include "tests/trainer/run/sample_report.h"

namespace greentrain {
namespace {

using nlohmann::json;
using ::testing::DoubleEq;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::string kSource = SOURCE_FOLDER;

TEST(RunReport, is_written_as_documented) {
  expect_golden(kSource + "/tests/golden/report.json", to_json(sample_report()).dump(2) + "\n");
}

TEST(RunReport, reads_back_as_it_was_written) {
  RunReport planned = sample_report();
  planned.plan = sample_plan();
  RunReport unplanned = unmeasured_report();
  unplanned.plan.emplace().zone = "DE";
  for (const RunReport& report : {sample_report(), unmeasured_report(), planned, unplanned}) {
    EXPECT_EQ(to_json(run_report_from_json(to_json(report))), to_json(report));
  }
}

RunReport wasteful_report() {
  RunReport report = sample_report();
  report.wasted =
      with_joules({.skipped = 4, .undone = 48, .rollbacks = 2}, report.result.steps, report.energy);
  return report;
}

TEST(RunReport, of_wasted_steps_reads_back_as_it_was_written) {
  RunReport unmeasured = unmeasured_report();
  unmeasured.wasted = WastedCost{.skipped = 1};
  for (const RunReport& report : {wasteful_report(), unmeasured}) {
    EXPECT_EQ(to_json(run_report_from_json(to_json(report))), to_json(report));
  }
  EXPECT_TRUE(to_json(unmeasured).at("wasted").at("joules_hi").is_null());
  EXPECT_EQ(to_json(wasteful_report()).at("wasted").at("undone_steps"), 48);
}

TEST(RunReport, what_is_missing_is_null_and_never_zero) {
  RunReport report = unmeasured_report();
  report.result.test_accuracy.reset();
  report.result.validation_loss = NAN;
  report.time.to_first_step.reset();
  report.provenance.mpi.reset();
  const json text = json::parse(to_json(report).dump());
  EXPECT_TRUE(text.at("carbon").is_null());
  EXPECT_TRUE(text.at("early_stopping").is_null());
  EXPECT_TRUE(text.at("energy").at("joules").is_null());
  EXPECT_TRUE(text.at("result").at("test_accuracy").is_null());
  EXPECT_TRUE(text.at("result").at("validation_loss").is_null());
  EXPECT_TRUE(text.at("time").at("to_first_step_s").is_null());
  EXPECT_TRUE(text.at("provenance").at("mpi").is_null());
  EXPECT_EQ(run_report_from_json(text).result.test_accuracy, std::nullopt);
}

std::string message_of(const json& report) {
  try {
    run_report_from_json(report);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(RunReport, a_field_of_the_wrong_type_is_named) {
  json report = to_json(sample_report());
  report["result"]["steps"] = 1.5;
  EXPECT_EQ(message_of(report), "result.steps is 1.5, expected a whole number");
  report = to_json(sample_report());
  report["time"]["phases_s"].erase("forward");
  EXPECT_EQ(message_of(report), "time.phases_s.forward is missing, expected a number");
  report = to_json(sample_report());
  report["provenance"]["hosts"] = {"node1", 2};
  EXPECT_EQ(message_of(report), "provenance.hosts is 2, expected a text");
  report = to_json(sample_report());
  report.erase("energy");
  EXPECT_EQ(message_of(report), "energy is missing, expected an object");
  report = to_json(sample_report());
  report["schema_version"] = 99;
  EXPECT_EQ(message_of(report),
            "schema_version is 99, expected 1: use the greentrain that wrote it");
  EXPECT_EQ(message_of("text"), "the report of a run is not a JSON object");
}

/// The names of all fields, at every depth.
void collect_fields(const json& value, std::set<std::string>& fields) {
  for (const auto& [name, item] : value.items()) {
    if (value.is_object()) fields.insert(name);
    if (item.is_structured()) collect_fields(item, fields);
  }
}

TEST(RunReport, every_field_is_in_the_documentation) {
  std::set<std::string> fields;
  RunReport report = wasteful_report();
  report.plan = sample_plan();
  collect_fields(to_json(report), fields);
  const std::string documentation = read_file(kSource + "/docs/report.md");
  for (const std::string& field : fields) {
    EXPECT_THAT(documentation, HasSubstr("`" + field + "`"));
  }
}

TEST(CarbonOf, scales_the_bounds_with_the_intensity) {
  const auto carbon = carbon_of({{7.2e6}, {3.6e6}, {1.08e7}, 1, Quality::Measured}, {50}, "config");
  ASSERT_TRUE(carbon);
  EXPECT_THAT(carbon->grams.value, DoubleEq(100));
  EXPECT_THAT(carbon->lo.value, DoubleEq(50));
  EXPECT_THAT(carbon->hi.value, DoubleEq(150));
  EXPECT_EQ(carbon_of({}, {50}, "config"), std::nullopt);
}

TEST(EstimateSaving, prices_steps_at_what_the_others_cost_without_start_up) {
  EnergyReport energy;
  energy.total = {{120}, {60}, {240}, 1, Quality::Estimated};
  energy.phases = {{Phase::Startup, Seconds{1}, {20}}, {Phase::Forward, Seconds{1}, {100}}};
  const auto saving = estimate_saving(/*planned_steps=*/150, /*steps=*/100, energy);
  ASSERT_TRUE(saving);
  EXPECT_EQ(saving->steps_avoided, 50);
  EXPECT_THAT(saving->lo.value, DoubleEq(25));
  EXPECT_THAT(saving->hi.value, DoubleEq(100));
}

TEST(WastedCost, prices_steps_at_what_steps_cost_without_start_up_and_evaluations) {
  EnergyReport energy;
  energy.total = {{120}, {60}, {240}, 1, Quality::Estimated};
  energy.phases = {{Phase::Startup, Seconds{1}, {20}},
                   {Phase::Forward, Seconds{1}, {30}},
                   {Phase::Backward, Seconds{1}, {30}},
                   {Phase::Evaluation, Seconds{1}, {40}}};
  const WastedCost cost = with_joules({.skipped = 2, .undone = 8}, /*steps=*/100, energy);
  EXPECT_THAT(cost.lo.value().value, DoubleEq(3));
  EXPECT_THAT(cost.hi.value().value, DoubleEq(12));
}

TEST(WastedCost, has_no_joules_when_they_are_not_known) {
  EXPECT_FALSE(with_joules({.skipped = 2}, 100, {}).hi);
}

TEST(EstimateSaving, is_nothing_when_nothing_was_avoided_or_known) {
  EnergyReport energy;
  EXPECT_FALSE(estimate_saving(150, 100, energy));
  energy.total = {{120}, {60}, {240}, 1, Quality::Estimated};
  EXPECT_FALSE(estimate_saving(100, 100, energy));
  EXPECT_FALSE(estimate_saving(100, 0, energy));
}

}  // namespace
}  // namespace greentrain
