#include "trainer/run/progress.h"

#include <sstream>

#include <gmock/gmock.h>

#include "tests/fakes/manual_clock.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Terminal kLogFile{.interactive = false, .color = false, .width = 80};

constexpr Terminal terminal_of_width(int width) {
  return {.interactive = true, .color = true, .width = width};
}

ProgressPoint at_step(std::int64_t step) {
  return {.step = step,
          .planned_steps = 400,
          .epoch = 1 + step / 20,
          .epochs = 20,
          .samples_seen = 64 * step,
          .loss = 0.4123,
          .power = Watts{214},
          .joules = Joules{61234}};
}

TEST(FormatProgress, shows_all_that_is_known) {
  EXPECT_EQ(
      format_progress(at_step(180), 812.0, std::nullopt),
      "epoch 10/20  45 %  loss 0.412  812 samples/s  214 W  264 mJ/sample  61.2 kJ  ETA 17 s");
}

TEST(FormatProgress, leaves_out_what_is_unknown) {
  ProgressPoint point = at_step(1);
  point.power.reset();
  point.joules.reset();
  EXPECT_EQ(format_progress(point, std::nullopt, std::nullopt), "epoch 1/20   0 %  loss 0.412");
  point.planned_steps = 0;
  EXPECT_EQ(format_progress(point, 1000.0, std::nullopt), "epoch 1/20  loss 0.412  1000 samples/s");
  EXPECT_EQ(format_progress(point, 0.0, std::nullopt), "epoch 1/20  loss 0.412  0 samples/s");
}

TEST(FormatProgress, draws_a_bar_where_there_is_room_and_never_passes_the_width) {
  const ProgressPoint half = at_step(200);
  EXPECT_THAT(format_progress(half, 812.0, 120),
              StartsWith("epoch 11/20 [============>           ]"));
  EXPECT_THAT(format_progress(at_step(400), 812.0, 120),
              HasSubstr("[========================] 100 %"));
  EXPECT_THAT(format_progress(half, 812.0, 80), Not(HasSubstr("[")));
  for (std::size_t width = 0; width < 150; ++width) {
    EXPECT_LE(format_progress(half, 812.0, width).size(), width);
  }
}

TEST(FormatProgress, a_step_past_the_plan_is_all_and_not_more) {
  const std::string line = format_progress(at_step(500), 812.0, std::nullopt);
  EXPECT_THAT(line, HasSubstr("100 %"));
  EXPECT_THAT(line, EndsWith("ETA 0 s"));
}

TEST(ProgressLine, on_a_terminal_is_redrawn_in_place) {
  std::ostringstream out;
  ManualClock clock;
  ProgressLine line(out, terminal_of_width(40), 2s, ProgressLine::Mode::Shown, clock);
  line.update(at_step(1));
  EXPECT_THAT(out.str(), StartsWith("\repoch 1/20"));
  EXPECT_EQ(out.str().find('\n'), std::string::npos);
  EXPECT_LE(out.str().size(), 40u);  // The carriage return and at most 39 columns.
}

TEST(ProgressLine, on_a_terminal_is_drawn_at_most_ten_times_a_second) {
  std::ostringstream out;
  ManualClock clock;
  ProgressLine line(out, terminal_of_width(100), 2s, ProgressLine::Mode::Shown, clock);
  for (int step = 1; step <= 1000; ++step) {
    line.update(at_step(step));
    clock.advance(1ms);
  }
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 10);
}

TEST(ProgressLine, a_shorter_line_leaves_nothing_of_a_longer_one) {
  std::ostringstream out;
  ManualClock clock;
  ProgressLine line(out, terminal_of_width(100), 2s, ProgressLine::Mode::Shown, clock);
  line.update(at_step(1));
  const std::size_t shown = out.str().size() - 1;
  out.str("");
  line.clear();
  EXPECT_EQ(out.str(), "\r" + std::string(shown, ' ') + "\r");
  out.str("");
  line.clear();
  EXPECT_EQ(out.str(), "");
  line.update(at_step(2));
  EXPECT_THAT(out.str(), StartsWith("\repoch"));
}

TEST(ProgressLine, elsewhere_is_a_line_every_period) {
  std::ostringstream out;
  ManualClock clock;
  ProgressLine line(out, kLogFile, 2s, ProgressLine::Mode::Shown, clock);
  for (int step = 1; step <= 60; ++step) {
    line.update(at_step(step));
    clock.advance(100ms);
  }
  line.clear();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_THAT(text,
              StartsWith("epoch 2/20   5 %  loss 0.412  640 samples/s  214 W  334 mJ/sample"));
}

TEST(ProgressLine, silent_prints_nothing_and_still_knows_the_rate) {
  std::ostringstream out;
  ManualClock clock;
  ProgressLine line(out, terminal_of_width(100), 2s, ProgressLine::Mode::Silent, clock);
  line.update(at_step(1));
  clock.advance(10s);
  line.update(at_step(11));
  line.clear();
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(line.samples_per_s(), ::testing::Optional(64.0));
}

}  // namespace
}  // namespace greentrain
