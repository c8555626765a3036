#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/feeds/feed_protocol.h"
#include "scheduler/carbon/feeds/http_client.h"
#include "scheduler/carbon/feeds/retry.h"

namespace greentrain {

/// What an HttpFeed stands on; injected so that tests wait for nothing.
struct HttpFeedParts {
  std::unique_ptr<FeedProtocol> protocol;
  std::unique_ptr<HttpClient> client;
  Credentials keys;
  std::string base_url;  ///< In place of the provider's own, for a proxy or a test.
  RetryPolicy retry;
  std::function<void(std::chrono::milliseconds)> wait;  ///< Blocks for so long.
  std::function<UtcTime()> now;
  unsigned long seed{0};            ///< Of the jitter between tries.
  bool has_answered_before{false};  ///< The key worked once: a 401 is throttling then.
};

/// A feed over HTTP: asks for the pages of a protocol and decides on the HTTP STATUS, never on the
/// words of an error body. 408, 5xx and broken connections are tried again with a growing wait and
/// jitter; 429 waits for what Retry-After says if that is short; 401 leads to one new login where
/// there are logins. Keys appear in no fault.
class HttpFeed final : public CarbonFeed {
 public:
  explicit HttpFeed(HttpFeedParts parts);

  const std::string& name() const override { return parts_.protocol->facts().name; }
  FeedLimits limits() const override { return parts_.protocol->facts().limits; }
  FeedAnswer fetch(const FeedQuery& query) override;

 private:
  std::string get_page(const PageOrigin& page);
  HttpResponse get_with_retries(const HttpRequest& request, const AnswerOrigin& origin);
  HttpResponse get_once(const HttpRequest& request, const AnswerOrigin& origin);
  HttpRequest request_for(const PageOrigin& page);
  void require_keys(const AnswerOrigin& origin) const;
  void log_in();
  void spend_quota(const AnswerOrigin& origin);
  FeedFault fault_of(const HttpResponse& response, const AnswerOrigin& origin) const;

  HttpFeedParts parts_;
  std::mt19937_64 jitter_;
  Secret token_;
  bool answered_;
  std::deque<UtcTime> requests_;
};

}  // namespace greentrain
