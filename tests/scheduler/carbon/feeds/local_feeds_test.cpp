#include "scheduler/carbon/feeds/local_feeds.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/carbon/carbon_intensity.h"
#include "scheduler/carbon/feeds/credentials.h"
#include "scheduler/carbon/feeds/feed_registry.h"
#include "tests/fakes/test_folder.h"
#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const char* const kPrint =
    "printf 'time,gco2_per_kwh\\n2020-01-01T00:00Z,1\\n2020-01-01T01:00Z,2\\n'";

Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

FeedFault fault_of(const FeedAnswer& answer) {
  EXPECT_THAT(answer.series, IsEmpty());
  EXPECT_THAT(answer.faults, SizeIs(1));
  return answer.faults.at(0);
}

TEST(FileFeed, reads_the_file_anew_at_each_fetch) {
  const TestFolder folder;
  const auto feed = make_file_feed(folder / "a.csv", std::nullopt);
  for (const double value : {1.0, 7.0}) {
    std::ofstream(folder / "a.csv")
        << "# step_s: 900\ntime,gco2_per_kwh\n2020-01-01T00:00Z," << value;
    EXPECT_EQ(feed->fetch({"DE", kSampleNow}).series.at(0).values()[0], GramsPerKwh{value});
  }
}

TEST(FileFeed, shows_a_file_as_it_would_have_been_seen_at_the_time) {
  const TestFolder folder;
  std::ofstream(folder / "a.csv") << "time,gco2_per_kwh\n2026-11-20T10:00Z,1\n2026-11-20T11:00Z,2\n"
                                     "2026-11-20T12:00Z,3\n2026-11-20T13:00Z,4\n";
  const auto feed = make_file_feed(folder / "a.csv", std::nullopt);
  const FeedAnswer answer = feed->fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.series, SizeIs(2));
  EXPECT_EQ(answer.series[0].method(), SeriesMethod::Measured);
  EXPECT_EQ(answer.series[0].end(), kSampleNow);
  EXPECT_EQ(answer.series[1].method(), SeriesMethod::Forecast);
  EXPECT_EQ(answer.series[1].start(), kSampleNow);
  EXPECT_EQ(answer.series[1].generated_at(), kSampleNow);
  const FeedAnswer later = feed->fetch({"DE", kSampleNow + 48h});
  ASSERT_THAT(later.series, SizeIs(1));
  EXPECT_EQ(later.series[0].generated_at(), kSampleNow + 2h) << "no newer than its last slot";
}

TEST(FileFeed, leaves_out_polls_that_were_not_made_yet) {
  const TestFolder folder;
  std::ofstream(folder / "a.csv") << "fetched_at,time,gco2_per_kwh\n"
                                     "2026-11-20T11:30Z,2026-11-20T11:00Z,1\n"
                                     "2026-11-20T12:30Z,2026-11-20T12:00Z,2\n";
  const FeedAnswer answer =
      make_file_feed(folder / "a.csv", std::nullopt)->fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.series, SizeIs(1));
  EXPECT_EQ(answer.series[0].method(), SeriesMethod::Measured);
  EXPECT_EQ(answer.series[0].values()[0], GramsPerKwh{1});
}

TEST(FileFeed, refuses_a_file_that_is_not_there_and_reports_one_that_is_wrong) {
  const TestFolder folder;
  const auto feed = make_file_feed(folder / "a.csv", std::nullopt);
  EXPECT_THROW(feed->fetch({"DE", kSampleNow}), UsageError);
  std::ofstream(folder / "a.csv") << "nothing";
  EXPECT_THAT(to_string(fault_of(feed->fetch({"DE", kSampleNow}))), HasSubstr("a.csv"));
}

TEST(CommandFeed, reads_what_the_command_prints_for_the_zone) {
  const std::string command = std::string("test \"$GREENSCHED_ZONE\" = DE && ") + kPrint;
  const FeedAnswer answer = make_command_feed(command, 5s)->fetch({"DE", kSampleNow});
  ASSERT_THAT(answer.series, SizeIs(1)) << to_string(answer.faults.at(0));
  EXPECT_EQ(answer.series[0].size(), 2u);
}

TEST(CommandFeed, reports_a_failure_with_the_last_words_of_the_command) {
  const auto feed = make_command_feed("echo first >&2; echo no network >&2; exit 3", 5s);
  const FeedFault fault = fault_of(feed->fetch({"DE", kSampleNow}));
  EXPECT_THAT(fault.found, AllOf(HasSubstr("exit code 3"), HasSubstr("no network")));
  EXPECT_THAT(fault.found, Not(HasSubstr("first")));
}

TEST(CommandFeed, uses_nothing_of_a_command_that_fails_after_printing) {
  const auto feed = make_command_feed(std::string(kPrint) + "; exit 1", 5s);
  EXPECT_THAT(fault_of(feed->fetch({"DE", kSampleNow})).found, HasSubstr("exit code 1"));
}

TEST(CommandFeed, kills_a_command_that_is_too_slow_with_its_children) {
  const auto feed = make_command_feed("sleep 1000 & sleep 1000", 50ms);
  const FeedFault fault = fault_of(feed->fetch({"DE", kSampleNow}));
  EXPECT_EQ(fault.kind, FaultKind::Unreachable);
  EXPECT_THAT(fault.found, HasSubstr("still running after 50 ms"));
}

TEST(CommandFeed, says_which_signal_ended_the_command) {
  const auto feed = make_command_feed("kill -9 $$", 5s);
  EXPECT_THAT(fault_of(feed->fetch({"DE", kSampleNow})).found, HasSubstr("signal 9"));
}

TEST(StaticFeed, gives_the_yearly_average_of_the_country_as_a_static_level) {
  const auto feed = make_static_feed();
  for (const char* zone : {"FR", "FRA", "fra", "FR-COR"}) {
    const FeedAnswer answer = feed->fetch({zone, kSampleNow, 1h, 2h});
    ASSERT_THAT(answer.series, SizeIs(1)) << zone;
    EXPECT_EQ(answer.series[0].method(), SeriesMethod::Static);
    EXPECT_EQ(answer.series[0].size(), 4u);
    EXPECT_EQ(answer.series[0].at(kSampleNow), answer.series[0].at(kSampleNow + 2h));
    EXPECT_EQ(answer.series[0].at(kSampleNow), carbon_intensity({std::nullopt, "FRA"})->value);
  }
  EXPECT_THROW(feed->fetch({"XX", kSampleNow}), UsageError);
}

TEST(StaticFeed, is_never_fresh) {
  EXPECT_EQ(facts_of(make_static_feed()->fetch({"DE", kSampleNow})).generated_at, std::nullopt);
}

TEST(FeedRegistry, has_every_feed_and_suggests_the_nearest_name) {
  for (const char* name :
       {"electricitymaps", "watttime", "neso", "energy-charts", "file", "command", "static"}) {
    EXPECT_THAT(feed_names(), Contains(name));
  }
  try {
    make_feed({"watttim"}, "DE", environment({}));
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean watttime?"));
  }
}

TEST(FeedRegistry, picks_a_feed_that_needs_no_account) {
  EXPECT_EQ(default_feed("GB"), "neso");
  EXPECT_EQ(default_feed("GB-OX1"), "neso");
  EXPECT_EQ(default_feed("DE"), "energy-charts");
  EXPECT_EQ(default_feed("US-CAL-CISO"), "static");
  FeedSettings settings;
  settings.file = "a.csv";
  EXPECT_EQ(make_feed(settings, "DE", environment({}))->name(), "file");
}

TEST(FeedRegistry, makes_a_feed_without_its_key) {
  const auto feed = make_feed({"electricitymaps"}, "DE", environment({}));
  const FeedAnswer answer = feed->fetch({"DE", kSampleNow});
  EXPECT_THAT(answer.series, IsEmpty());
  EXPECT_THAT(answer.faults, Each(Field(&FeedFault::kind, FaultKind::Unauthorized)));
}

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() { write("# mine\nWATTTIME_USER=me\r\nWATTTIME_PASSWORD=a=b\n"); }
  void write(const std::string& text) {
    std::ofstream(file_) << text;
    std::filesystem::permissions(file_, std::filesystem::perms::owner_read);
  }
  Credentials read(const std::vector<std::string>& names, const Environment& variables) {
    return read_credentials(names, variables, file_);
  }
  const std::vector<std::string> names_{"WATTTIME_USER", "WATTTIME_PASSWORD"};
  const TestFolder folder_;
  const std::filesystem::path file_ = folder_ / "keys";
};

TEST_F(KeyFile, is_read_where_the_environment_has_nothing) {
  const Credentials keys = read(names_, environment({{"WATTTIME_USER", "other"}}));
  EXPECT_EQ(keys.user.reveal(), "other");
  EXPECT_EQ(keys.password.reveal(), "a=b");
  EXPECT_TRUE(read({"ELECTRICITYMAPS_TOKEN"}, environment({})).token.empty());
}

TEST_F(KeyFile, is_refused_when_others_may_read_it) {
  std::filesystem::permissions(file_, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  try {
    read(names_, environment({}));
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("chmod 600"));
  }
}

TEST_F(KeyFile, is_refused_without_repeating_what_is_in_it) {
  std::filesystem::remove(file_);
  write("WATTTIME_USER=me\nsecret-without-name\n");
  try {
    read(names_, environment({}));
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("keys:2"), Not(HasSubstr("secret"))));
  }
}

TEST_F(KeyFile, is_not_looked_at_by_a_provider_without_keys) {
  EXPECT_NO_THROW(read_credentials({}, environment({}), folder_ / "absent"));
  EXPECT_THROW(read_credentials(names_, environment({}), folder_ / "absent"), UsageError);
}

}  // namespace
}  // namespace greentrain
