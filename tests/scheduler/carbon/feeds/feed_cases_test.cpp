// Replays every sample answer in a folder with a cases.json through a real HTTP connection and
// holds what the feed concludes against the words of its "expect". The folder is tests/data/feeds,
// or the one that GREENTRAIN_FEED_CASES names.
#include <cstdlib>
#include <iostream>
#include <optional>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "scheduler/carbon/feed_state.h"
#include "tests/scheduler/carbon/feeds/feed_fakes.h"

namespace greentrain {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Case {
  std::string file, provider, url, expect;
  int status{200};
  std::map<std::string, std::string> headers, request_headers;
  std::string body;
};

void PrintTo(const Case& sample, std::ostream* out) {
  *out << sample.provider << " " << sample.file << " HTTP " << sample.status;
}

std::filesystem::path folder() {
  const char* given = std::getenv("GREENTRAIN_FEED_CASES");
  return given != nullptr ? given : std::filesystem::path(GREENTRAIN_TEST_DATA) / "feeds";
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const auto& entry : nlohmann::json::parse(read_file(folder() / "cases.json"))) {
    Case sample{entry.at("file"),
                entry.at("provider"),
                entry.at("url"),
                entry.at("expect"),
                entry.at("status"),
                entry.at("response_headers"),
                entry.at("request_headers"),
                read_file(folder() / entry.at("file"))};
    if (sample.provider != "any") {
      cases.push_back(sample);
      continue;
    }
    for (const char* provider : {"electricitymaps", "watttime", "neso", "energy-charts"}) {
      sample.provider = provider;
      cases.push_back(sample);
    }
  }
  return cases;
}

bool is_built(const std::string& provider) {
  const std::vector<std::string> names = feed_names();
  return std::find(names.begin(), names.end(), provider) != names.end();
}

bool says(const Case& sample, const std::string& word) {
  return sample.expect.find(word) != std::string::npos;
}

/// The zone that a URL of the samples asks for.
std::string zone_of(const Case& sample) {
  std::smatch found;
  if (sample.provider == "watttime") return says(sample, "plan") ? "DE" : "CAISO_NORTH";
  if (sample.provider != "neso") {
    return std::regex_search(sample.url, found, std::regex("[?&]zone=(\\w+)")) ? found.str(1)
                                                                               : "DE";
  }
  if (std::regex_search(sample.url, found, std::regex("postcode/(\\w+)"))) {
    return "GB-" + found.str(1);
  }
  return sample.url.find("/regional/") == std::string::npos ? "GB" : "GB-1";
}

std::string path_of(const Case& sample) {
  const std::size_t host = sample.url.find("://");
  if (host == std::string::npos) return "/any";
  return sample.url.substr(sample.url.find('/', host + 3));
}

class FeedCase : public ::testing::TestWithParam<Case> {
 protected:
  FeedAnswer fetch() {
    const Case& sample = GetParam();
    FeedBench bench([&](const FakeRequest& request) -> FakeAnswer {
      if (request.target == "/login") {
        ++logins_;
        const std::string body = sample.url.ends_with("/login") ? sample.body : R"({"token":"t"})";
        return {200, {}, body};
      }
      for (const auto& [name, value] : sample.request_headers) {
        const bool basic = value.starts_with("Basic");
        if (!basic && !request.headers.contains(lower(name))) return {418};
      }
      return {sample.status, sample.headers, sample.body};
    });
    HttpFeed feed =
        bench.feed(std::make_unique<OnePage>(make_protocol(sample.provider), path_of(sample)));
    limits_ = feed.limits();
    FeedAnswer answer = feed.fetch({zone_of(sample), kSampleNow});
    waits_ = bench.waits;
    return answer;
  }

  static std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }

  void expect_fault(const FeedAnswer& answer, FaultKind kind) const {
    EXPECT_THAT(answer.series, IsEmpty());
    ASSERT_EQ(answer.faults.size(), 1u);
    const std::string text = to_string(answer.faults[0]);
    EXPECT_EQ(enum_name(answer.faults[0].kind), enum_name(kind)) << text;
    EXPECT_THAT(text, HasSubstr(GetParam().provider));
    for (const char* secret : {"token-of-test", "user-of-test", "password-of-test"}) {
      EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
  }

  void check_error(const FeedAnswer& answer) {
    const Case& sample = GetParam();
    const std::vector<std::pair<std::string, FaultKind>> words{
        {"error: suspect", FaultKind::Suspect},
        {"error: auth", FaultKind::Unauthorized},
        {"error: throttled", FaultKind::Throttled},
        {"error: configuration", FaultKind::Configuration},
        {"error: plan", FaultKind::Plan},
        {"error: retry", FaultKind::Server},
        {"error: log in", FaultKind::Unauthorized},
        {"error: malformed", FaultKind::Malformed},
        {"keep previous state", FaultKind::Malformed}};
    for (const auto& [word, kind] : words) {
      if (!says(sample, word)) continue;
      expect_fault(answer, kind);
      if (kind == FaultKind::Server) {
        EXPECT_EQ(waits_.size(), 2u);
      }
      if (kind == FaultKind::Unauthorized) {
        EXPECT_THAT(waits_, IsEmpty());
      }
      if (word == "error: log in") {
        EXPECT_EQ(logins_, 2);
      }
      return;
    }
    FAIL() << "no rule for \"" << sample.expect << "\"";
  }

  /// The slots for which any series has a value.
  static std::set<UtcTime> slots(const FeedAnswer& answer) {
    std::set<UtcTime> known;
    for (const CarbonSeries& series : answer.series) {
      for (std::size_t slot = 0; slot < series.size(); ++slot) {
        if (series.values()[slot]) known.insert(series.start_of(slot));
      }
    }
    return known;
  }

  FeedState state_after(const FeedAnswer& answer) const {
    return classify(facts_of(answer), limits_, kSampleNow, std::chrono::hours{24});
  }

  void check_good(const FeedAnswer& answer) {
    const Case& sample = GetParam();
    if (says(sample, "suspect")) {
      EXPECT_THAT(
          answer.faults,
          Contains(Field(&FeedFault::kind, AnyOf(FaultKind::Suspect, FaultKind::Implausible))));
      if (!says(sample, "half-hours")) return;
    } else {
      EXPECT_THAT(answer.faults, IsEmpty()) << to_string(answer.faults.at(0));
    }
    ASSERT_FALSE(answer.series.empty());
    const SignalKind kind =
        sample.provider == "watttime" ? SignalKind::Marginal : SignalKind::Average;
    for (const CarbonSeries& series : answer.series) EXPECT_EQ(series.signal().kind, kind);
    std::smatch count;
    if (std::regex_search(sample.expect, count, std::regex("(\\d+) (values|half-hours)"))) {
      EXPECT_EQ(slots(answer).size(), std::stoul(count.str(1)));
    }
    if (says(sample, "SHORT")) {
      EXPECT_EQ(state_after(answer), FeedState::Short);
    }
    if (says(sample, "stale")) {
      EXPECT_EQ(state_after(answer), FeedState::Stale);
    }
    if (says(sample, "estimated")) {
      EXPECT_EQ(answer.series.back().method(), SeriesMethod::Estimated);
      EXPECT_EQ(answer.series.back().end(), *slots(answer).rbegin() + answer.series[0].step());
    }
    if (says(sample, "last two actual are null")) {
      ASSERT_EQ(answer.series.size(), 2u);
      EXPECT_EQ(answer.series[0].end() + 2 * answer.series[0].step(), answer.series[1].end());
    }
  }

  int logins_{0};
  FeedLimits limits_;
  std::vector<std::chrono::milliseconds> waits_;
};

TEST_P(FeedCase, is_read_as_its_words_say) {
  const Case& sample = GetParam();
  if (!is_built(sample.provider) || sample.url.find("region-from-loc") != std::string::npos) {
    GTEST_SKIP() << sample.provider << " " << sample.url
                 << " is no page that any feed here asks for";
  }
  if (sample.url.ends_with("/login") && sample.status == 200) {
    const auto protocol = make_protocol(sample.provider);
    EXPECT_FALSE(protocol->parse_login({sample.provider, sample.url}, sample.body).empty());
    return;
  }
  const FeedAnswer answer = fetch();
  sample.expect.starts_with("ok") ? check_good(answer) : check_error(answer);
}

INSTANTIATE_TEST_SUITE_P(Samples, FeedCase, ::testing::ValuesIn(read_cases()));

}  // namespace
}  // namespace greentrain
