#include "meter/energy_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace greentrain {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Energy energy(double joules, double lo, double hi, double covered, Quality quality) {
  return {Joules{joules}, Joules{lo}, Joules{hi}, covered, quality};
}

EnergyReport report(const std::string& node, double joules) {
  EnergyReport report;
  report.total = energy(joules, joules * 0.9, joules * 1.1, 1, Quality::Measured);
  report.components = {{node, "rapl:package-0", "CPU package-0", "powercap", report.total, 2}};
  report.phases = {{Phase::Forward, Seconds(1), Joules{joules * 0.25}},
                   {Phase::Backward, Seconds(3), Joules{joules * 0.75}}};
  report.excludes = {"DRAM", "fans"};
  report.notes = {"rapl: 2 readings were lost."};
  return report;
}

TEST(EnergySum, adds_bounds_and_takes_the_worst_coverage_and_quality) {
  const Energy total =
      sum({energy(10, 8, 12, 1, Quality::Measured), energy(5, 1, 9, 0.5, Quality::Estimated)});
  EXPECT_EQ(total.joules, Joules{15});
  EXPECT_EQ(total.lo, Joules{9});
  EXPECT_EQ(total.hi, Joules{21});
  EXPECT_EQ(total.covered_fraction, 0.5);
  EXPECT_EQ(total.quality, Quality::Estimated);
}

TEST(EnergySum, adds_resets_and_gaps) {
  Energy first = energy(10, 8, 12, 1, Quality::Measured);
  first.resets = 1;
  Energy second = energy(5, 1, 9, 0.5, Quality::Estimated);
  second.resets = 2;
  second.gaps = 3;
  EXPECT_EQ(sum({first, second}).resets, 3);
  EXPECT_EQ(sum({first, second}).gaps, 3);
  EnergyReport report;
  report.total = sum({first, second});
  EXPECT_EQ(to_json(energy_report_from_json(to_json(report))), to_json(report));
}

TEST(EnergySum, is_unmeasured_when_there_is_nothing_to_add) {
  EXPECT_EQ(sum({}).quality, Quality::Unmeasured);
  EXPECT_EQ(sum({}).covered_fraction, 0);
}

TEST(EnergyReport, merges_nodes) {
  EnergyReport second = report("b", 50);
  second.notes.push_back("model: unknown CPU.");
  second.excludes.push_back("GPU");
  const EnergyReport merged = merge({report("a", 100), second});
  EXPECT_DOUBLE_EQ(merged.total.joules.value, 150);
  EXPECT_DOUBLE_EQ(merged.total.lo.value, 135);
  EXPECT_DOUBLE_EQ(merged.total.hi.value, 165);
  ASSERT_EQ(merged.components.size(), 2u);
  EXPECT_EQ(merged.components[1].node, "b");
  ASSERT_EQ(merged.phases.size(), 2u);
  EXPECT_DOUBLE_EQ(merged.phases[0].joules.value, 37.5);
  EXPECT_EQ(merged.phases[1].time, Seconds(6));
  EXPECT_THAT(merged.excludes, ElementsAre("DRAM", "fans", "GPU"));
  EXPECT_THAT(merged.notes, ElementsAre("rapl: 2 readings were lost.", "b: model: unknown CPU."));
}

TEST(EnergyReport, merges_one_node_to_itself) {
  EXPECT_EQ(to_json(merge({report("a", 0.1)})), to_json(report("a", 0.1)));
}

TEST(EnergyReport, merges_no_node_to_unmeasured) {
  EXPECT_EQ(merge({}).total.quality, Quality::Unmeasured);
}

TEST(EnergyReport, names_a_node_that_measured_nothing_instead_of_adding_its_zero) {
  const EnergyReport merged = merge({report("a", 100), EnergyReport{}});
  EXPECT_EQ(merged.total.quality, Quality::Measured);
  EXPECT_DOUBLE_EQ(merged.total.joules.value, 100);
  EXPECT_THAT(merged.excludes, Contains("1 of 2 nodes (unmeasured)"));
}

TEST(EnergyReportJson, has_the_documented_fields) {
  const json object = to_json(report("a", 100));
  EXPECT_EQ(object["joules"], 100.0);
  EXPECT_EQ(object["joules_lo"], 90.0);
  EXPECT_DOUBLE_EQ(object["joules_hi"].get<double>(), 110.0);
  EXPECT_EQ(object["covered_fraction"], 1.0);
  EXPECT_EQ(object["quality"], "measured");
  EXPECT_EQ(object["components"][0]["sensor"], "rapl:package-0");
  EXPECT_EQ(object["components"][0]["lost_readings"], 2);
  EXPECT_EQ(
      object["phases"][0],
      json({{"phase", "forward"}, {"time_s", 1.0}, {"joules", 25.0}, {"quality", "estimated"}}));
  EXPECT_EQ(object["excludes"], json({"DRAM", "fans"}));
  EXPECT_EQ(object["notes"].size(), 1u);
}

TEST(EnergyReportJson, comes_back_as_it_went) {
  const json object = to_json(report("a", 1.0 / 3));
  EXPECT_EQ(to_json(energy_report_from_json(json::parse(object.dump()))), object);
}

TEST(EnergyReportJson, writes_null_for_what_was_not_measured) {
  EnergyReport unmeasured;
  unmeasured.phases = {{Phase::Data, Seconds(2), Joules{}}};
  const json object = to_json(unmeasured);
  EXPECT_TRUE(object["joules"].is_null());
  EXPECT_TRUE(object["joules_hi"].is_null());
  EXPECT_TRUE(object["phases"][0]["joules"].is_null());
  EXPECT_EQ(object["quality"], "unmeasured");
  EXPECT_EQ(to_json(energy_report_from_json(object)), object);
}

/// The message for a report in which one place was changed.
std::string complaint(const std::string& pointer, const json& value) {
  json object = to_json(report("a", 100));
  object[json::json_pointer(pointer)] = value;
  try {
    energy_report_from_json(object);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(EnergyReportJson, names_the_field_that_is_wrong) {
  EXPECT_EQ(complaint("/joules", "many"),
            "energy.joules is \"many\", expected a number that is not negative");
  EXPECT_THAT(complaint("/joules", nullptr), HasSubstr("energy.joules is missing or null"));
  EXPECT_THAT(complaint("/joules", -1), HasSubstr("not negative"));
  EXPECT_THAT(complaint("/joules_lo", 101), HasSubstr("energy.joules_lo is 101, expected at most"));
  EXPECT_THAT(complaint("/joules_hi", 99), HasSubstr("energy.joules_hi is 99, expected at least"));
  EXPECT_THAT(complaint("/covered_fraction", 2), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(complaint("/quality", "good"), HasSubstr("energy.quality is \"good\""));
  EXPECT_THAT(complaint("/quality", "unmeasured"), HasSubstr("null, since the quality"));
  EXPECT_THAT(complaint("/components/0/energy", 1), testing::Eq("no error"));
  EXPECT_THAT(complaint("/components/0/sensor", 1), HasSubstr("energy.components[0].sensor is 1"));
  EXPECT_THAT(complaint("/components", 1), HasSubstr("energy.components is 1, expected a list"));
  EXPECT_THAT(complaint("/phases/1/phase", "nap"), HasSubstr("energy.phases[1].phase"));
  EXPECT_THAT(complaint("/excludes/0", 5), HasSubstr("energy.excludes[0] is 5, expected a text"));
}

TEST(EnergyReportJson, refuses_what_is_no_object) {
  EXPECT_THROW(energy_report_from_json(json(3)), Error);
  EXPECT_THROW(energy_report_from_json(json::array()), Error);
}

TEST(EnergyNames, go_both_ways) {
  for (int i = 0; i < kPhaseCount; ++i) {
    const auto phase = static_cast<Phase>(i);
    EXPECT_EQ(phase_from_string(to_string(phase)), phase);
  }
  EXPECT_EQ(quality_from_string("integrated"), Quality::Integrated);
  EXPECT_FALSE(quality_from_string("").has_value());
}

}  // namespace
}  // namespace greentrain
