#include "trainer/run/receipt.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/fakes/golden.h"
#include "tests/trainer/run/sample_report.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Terminal kLogFile{.interactive = false, .color = false, .width = 80};
constexpr Terminal kPipe{.interactive = false, .color = false, .width = 80};
constexpr Terminal kTerminal{.interactive = true, .color = false, .width = 80};
const char* const kRun = "runs/digits-1";

std::string golden(const std::string& name) {
  return std::string(SOURCE_FOLDER) + "/tests/golden/receipt/" + name + ".txt";
}

TEST(Receipt, of_an_early_stop_with_carbon) {
  expect_golden(golden("early_stop"), receipt(sample_report(), kRun, kLogFile));
}

TEST(Receipt, of_a_run_that_followed_a_plan) {
  RunReport report = sample_report();
  report.plan = sample_plan();
  EXPECT_THAT(
      receipt(report, kRun, kLogFile),
      HasSubstr("  plan      320 g CO2e, 310 g planned, 450 g if run at once; paused 1 time for "
                "2h00m; deadline 2026-11-20T18:00Z kept; 139 g saved by other hours, 9.00 g "
                "lost by idling; 10.0 % counted with expected values\n"));
}

TEST(Receipt, of_all_epochs_without_carbon) {
  RunReport report = sample_report();
  report.result.stopped_by = "epochs";
  report.result.stopping_reason.reset();
  report.target->reached.reset();
  report.carbon.reset();
  report.early_stopping.reset();
  expect_golden(golden("all_epochs"), receipt(report, kRun, kLogFile));
}

TEST(Receipt, says_what_was_computed_without_use) {
  RunReport report = sample_report();
  report.wasted = WastedCost{.skipped = 1, .undone = 0};
  EXPECT_THAT(receipt(report, kRun, kLogFile),
              HasSubstr("wasted    1 step without use: 1 skipped\n"));
  report.wasted = with_joules({.skipped = 2, .undone = 24, .rollbacks = 1}, 520, report.energy);
  EXPECT_THAT(
      receipt(report, kRun, kLogFile),
      HasSubstr("wasted    4.50 to 28.6 J in 26 steps without use: 2 skipped, 24 undone by 1 "
                "rollback (an estimate)\n"));
}

TEST(Receipt, of_unmeasured_energy_says_so_and_shows_no_figure) {
  const std::string text = receipt(unmeasured_report(), kRun, kLogFile);
  EXPECT_THAT(text, AllOf(HasSubstr("unmeasured"), Not(HasSubstr(" J")), Not(HasSubstr("CO2"))));
  expect_golden(golden("unmeasured"), text);
}

TEST(Receipt, of_a_signal_has_no_test_accuracy) {
  RunReport report = sample_report();
  report.result = {.steps = 1, .epochs = 1, .stopped_by = "signal"};
  report.target.reset();
  report.time.to_first_step.reset();
  report.early_stopping.reset();
  expect_golden(golden("signal"), receipt(report, kRun, kLogFile));
}

void scale(RunReport& report, double factor) {
  Energy& total = report.energy.total;
  total.joules = total.joules * factor;
  total.lo = total.lo * factor;
  total.hi = total.hi * factor;
  for (PhaseEnergy& phase : report.energy.phases) phase.joules = phase.joules * factor;
  report.carbon = carbon_of(total, {56}, "config");
  report.early_stopping = estimate_saving(800, 520, report.energy);
}

TEST(Receipt, of_a_tiny_run) {
  RunReport report = sample_report();
  scale(report, 1e-5);
  report.time.total = Seconds{0.004};
  report.energy.total.covered_fraction = 0.5;
  expect_golden(golden("tiny"), receipt(report, kRun, kLogFile));
}

TEST(Receipt, of_a_huge_run) {
  RunReport report = sample_report();
  scale(report, 1e9);
  report.time.total = Seconds{3e6};
  report.energy.total.quality = Quality::Measured;
  report.energy.components = {};
  for (const char* sensor : {"rapl:package-0", "rapl:package-1", "nvml:0", "nvml:0"}) {
    report.energy.components.push_back({"node1", sensor, "", "", report.energy.total, 0});
  }
  expect_golden(golden("huge"), receipt(report, kRun, kLogFile));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Receipt, has_at_most_12_lines_that_fit_however_much_there_is_to_say) {
  RunReport report = sample_report();
  scale(report, 1.23e7);
  report.energy.total.covered_fraction = 0.875;
  report.energy.components[0].sensor = "model:cpu-with-a-long-name-of-its-own";
  for (int i = 0; i < 20; ++i) report.energy.excludes.push_back("part " + std::to_string(i));
  report.carbon->source =
      "CodeCarbon 3.0.4, global_energy_mix.json, from a publication with a long title, "
      "of the year 2023, the average of a country, under a licence";
  for (int width : {80, 100, 200}) {
    const auto lines =
        lines_of(receipt(report, kRun, {.interactive = true, .color = false, .width = width}));
    EXPECT_LE(lines.size(), 12u);
    for (const std::string& line : lines)
      EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
  }
}

TEST(Receipt, says_what_there_is_to_mend_about_the_data) {
  RunReport report = sample_report();
  EXPECT_THAT(receipt(report, kRun, kPipe), Not(HasSubstr("  data ")));
  report.data->share = 0.25;
  EXPECT_THAT(receipt(report, kRun, kPipe),
              HasSubstr("  data      waited 9.00 ms for samples, 25.0 % of the time in steps\n"));
  report.data->unreadable = 12;
  report.data->names = {"a.png", "b.png"};
  EXPECT_THAT(receipt(report, kRun, kPipe),
              HasSubstr("; 12 that cannot be read left out: a.png, b.png, ...\n"));
}

TEST(Receipt, says_what_pruning_saved) {
  RunReport report = sample_report();
  report.early_stopping.reset();
  report.pruning = PruningSaving{"infobatch", 300, 0.25, Joules{10}, Joules{20}};
  EXPECT_THAT(
      receipt(report, kRun, kPipe),
      HasSubstr("  saved     10.0 to 20.0 J by infobatch, 25.0 % of the samples left out (an "
                "estimate)\n"));
  report.pruning->lo.reset();
  EXPECT_THAT(
      receipt(report, kRun, kPipe),
      HasSubstr("  saved     by infobatch, 25.0 % of the samples left out (an estimate)\n"));
}

TEST(Receipt, breaks_lines_between_words_on_a_narrow_terminal) {
  expect_golden(golden("narrow"),
                receipt(sample_report(), kRun, {.interactive = true, .color = false, .width = 50}));
}

TEST(Receipt, is_ascii_and_colored_only_where_wanted) {
  const std::string plain = receipt(sample_report(), kRun, kTerminal);
  EXPECT_TRUE(
      std::ranges::all_of(plain, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  Terminal colored = kTerminal;
  colored.color = true;
  std::string text = receipt(sample_report(), kRun, colored);
  EXPECT_THAT(text, HasSubstr("\033[1mdigits: "));
  for (const char* code : {"\033[1m", "\033[2m", "\033[0m"}) {
    for (auto at = text.find(code); at != std::string::npos; at = text.find(code))
      text.erase(at, 4);
  }
  EXPECT_EQ(text, plain);
}

}  // namespace
}  // namespace greentrain
