#include "scheduler/govern/live_zone.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kDay = R"(time,gco2_per_kwh
2024-12-31T23:00Z,150
2025-01-01T00:00Z,200
2025-01-01T01:00Z,300
2025-01-01T02:00Z,400
)";

class Live : public testing::Test {
 protected:
  void write(const std::string& text) { write_file_atomically(folder / "de.csv", text); }
  LiveZone::Setup setup() {
    LiveZone::Setup made;
    made.zone = "DE";
    made.feed.file = folder / "de.csv";
    made.store = ":memory:";
    made.horizon = 2h;
    made.warn = [this](const std::string& text) {
      const std::lock_guard lock(mutex);
      warnings.push_back(text);
    };
    return made;
  }
  UtcTime now() const { return std::chrono::floor<std::chrono::seconds>(clock.date()); }

  TestFolder folder;
  ManualClock clock;
  Environment none = [](const std::string&) { return std::nullopt; };
  std::mutex mutex;
  std::vector<std::string> warnings;
};

TEST_F(Live, knows_what_was_observed_and_what_is_expected) {
  write(kDay);
  LiveZone zone(setup(), none, clock);
  const auto view = zone.last_view(60s);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->signal.zone, "DE");
  ASSERT_TRUE(view->outlook);
  EXPECT_EQ(view->outlook->expected.at(now())->value, 200);
  const auto carbon = known_carbon(*view, now() - 30min, now() + 30min, now());
  ASSERT_TRUE(carbon);
  EXPECT_EQ(carbon->known.at(now())->value, 200);
  EXPECT_FALSE(carbon->observed.at(now()));
  EXPECT_EQ(carbon->observed.at(now() - 30min)->value, 150);
}

TEST_F(Live, observes_a_slot_once_it_has_ended) {
  write(kDay);
  LiveZone zone(setup(), none, clock);
  const UtcTime begin = now();
  ASSERT_TRUE(zone.last_view(60s));
  clock.advance(1h);
  const auto view = zone.last_view(60s);
  const auto carbon = known_carbon(*view, begin, now() + 1min, now());
  ASSERT_TRUE(carbon);
  EXPECT_EQ(carbon->observed.at(begin)->value, 200);
  EXPECT_EQ(carbon->known.at(now())->value, 300);
  EXPECT_FALSE(carbon->observed.at(now()));
}

TEST_F(Live, says_what_is_wrong_with_a_feed_and_lives_on) {
  LiveZone zone(setup(), none, clock);  // There is no file yet.
  EXPECT_FALSE(zone.last_view(60s));
  write(kDay);
  EXPECT_TRUE(zone.last_view(60s));
  const std::lock_guard lock(mutex);
  ASSERT_FALSE(warnings.empty());
  EXPECT_THAT(warnings.front(), HasSubstr("de.csv"));
}

TEST_F(Live, refuses_a_feed_that_cannot_be) {
  auto wrong = setup();
  wrong.feed.file.clear();
  wrong.feed.feed = "nesso";
  EXPECT_THROW(LiveZone(wrong, none, clock), UsageError);
}

}  // namespace
}  // namespace greentrain
