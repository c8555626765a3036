#include "scheduler/cli/terminal_plot.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<PlotSlot> slots(const std::vector<std::optional<double>>& values, bool solid = true) {
  std::vector<PlotSlot> made;
  for (const auto& value : values) {
    made.push_back({kSampleNow + static_cast<int>(made.size()) * 1h, value, solid});
  }
  return made;
}

TEST(PlotBars, draws_bars_from_zero_in_ascii) {
  EXPECT_EQ(
      plot_bars(slots({100, 200, std::nullopt, 400, 300, 100, 100, 100}), {24, 4, false, false}),
      " 400 |      ##\n"
      "     |      ####\n"
      " 200 |  ##  ####\n"
      "     |####  ##########\n"
      "   0 +----------------\n"
      "                  18:00\n");
}

TEST(PlotBars, draws_expected_slots_lighter) {
  EXPECT_THAT(plot_bars(slots({100, 200}, false), {24, 2, false, false}), HasSubstr(":"));
  EXPECT_THAT(plot_bars(slots({100, 200}, false), {24, 2, true, false}), HasSubstr("░"));
  EXPECT_THAT(plot_bars(slots({100, 200}, true), {24, 2, true, false}), HasSubstr("█"));
}

TEST(PlotBars, uses_colour_only_where_it_is_wanted) {
  EXPECT_THAT(plot_bars(slots({100}, false), {24, 2, true, false}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(plot_bars(slots({100}, false), {24, 2, true, true}), HasSubstr("\x1b"));
}

TEST(PlotBars, fits_any_number_of_slots_into_the_width) {
  for (const std::size_t count : {1u, 17u, 18u, 19u, 1000u}) {
    const std::string text =
        plot_bars(slots(std::vector<std::optional<double>>(count, 5.0)), {40, 3, false, false});
    std::size_t longest = 0, length = 0;
    for (const char c : text) {
      length = c == '\n' ? 0 : length + 1;
      longest = std::max(longest, length);
    }
    EXPECT_LE(longest, 46u) << count;  // A label may stand out at the right.
    EXPECT_GE(longest, 18u) << count;
  }
}

TEST(PlotBars, draws_nothing_of_nothing) {
  EXPECT_EQ(plot_bars({}, {}), "");
  EXPECT_EQ(plot_bars(slots({std::nullopt}), {}), "");
}

TEST(WantsUtf8, follows_the_order_of_the_locale_variables) {
  const auto wants = [](std::map<std::string, std::string> variables) {
    return wants_utf8([variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  EXPECT_FALSE(wants({}));
  EXPECT_TRUE(wants({{"LANG", "de_DE.UTF-8"}}));
  EXPECT_FALSE(wants({{"LANG", "de_DE.UTF-8"}, {"LC_ALL", "C"}}));
  EXPECT_TRUE(wants({{"LANG", "C"}, {"LC_CTYPE", "en_US.utf8"}, {"LC_ALL", ""}}));
}

}  // namespace
}  // namespace greentrain
