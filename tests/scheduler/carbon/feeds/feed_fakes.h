#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/carbon/feeds/feed_registry.h"
#include "scheduler/carbon/feeds/http_feed.h"
#include "tests/fakes/http_server.h"
#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {

/// A provider of which one page only is asked for.
class OnePage final : public FeedProtocol {
 public:
  OnePage(std::unique_ptr<FeedProtocol> whole, std::string path)
      : whole_(std::move(whole)), path_(std::move(path)) {}

  const ProviderFacts& facts() const override { return whole_->facts(); }
  std::vector<std::string> paths(const FeedQuery&) const override { return {path_}; }
  FeedAnswer parse(const PageOrigin& page, std::string_view body) const override {
    return whole_->parse(page, body);
  }
  std::optional<HttpRequest> login(const Credentials& keys) const override {
    return whole_->login(keys);
  }
  Secret parse_login(const AnswerOrigin& origin, std::string_view body) const override {
    return whole_->parse_login(origin, body);
  }
  void authorize(HttpRequest& request, const Secret& token) const override {
    whole_->authorize(request, token);
  }

 private:
  std::unique_ptr<FeedProtocol> whole_;
  std::string path_;
};

/// What a feed of the tests stands on: a server on this machine, a clock that moves by itself when
/// the feed waits, and short limits. `waits` records the waits.
struct FeedBench {
  explicit FeedBench(FakeHttpServer::Handler handler) : server(std::move(handler)) {}

  HttpFeedParts parts(std::unique_ptr<FeedProtocol> protocol) {
    HttpFeedParts made;
    made.protocol = std::move(protocol);
    made.client = make_curl_http_client({std::chrono::milliseconds{2000}, total, 1u << 20});
    made.keys = {Secret("token-of-test"), Secret("user-of-test"), Secret("password-of-test")};
    made.base_url = server.url();
    made.wait = [this](std::chrono::milliseconds time) {
      waits.push_back(time);
      now += std::chrono::ceil<std::chrono::seconds>(time);
    };
    made.now = [this] { return now; };
    made.seed = 1;
    return made;
  }
  HttpFeed feed(std::unique_ptr<FeedProtocol> protocol) {
    return HttpFeed(parts(std::move(protocol)));
  }

  FakeHttpServer server;
  std::chrono::milliseconds total{2000};
  UtcTime now{kSampleNow};
  std::vector<std::chrono::milliseconds> waits;
};

}  // namespace greentrain
