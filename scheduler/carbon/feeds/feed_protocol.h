#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/carbon/feeds/carbon_feed.h"
#include "scheduler/carbon/feeds/http_client.h"
#include "scheduler/carbon/feeds/json_node.h"

namespace greentrain {

/// Keys of one provider; empty where it needs none.
struct Credentials {
  Secret token;
  Secret user;
  Secret password;
};

/// How many requests a provider allows in any span of this length.
struct RequestQuota {
  std::size_t requests{60};
  std::chrono::seconds per{std::chrono::minutes{5}};
};

/// What does not change about a provider.
struct ProviderFacts {
  std::string name;
  std::string base_url;  ///< Without a slash at its end.
  /// Environment variables that hold the keys, in the order token or (user, password).
  std::vector<std::string> key_variables{};
  RequestQuota quota{};
  FeedLimits limits{};
};

/// One page of a provider and the query it answers.
struct PageOrigin {
  AnswerOrigin origin;
  std::string path;  ///< What was asked for: one of paths(), or a sample of the same form.
  FeedQuery query;
};

/// The words a provider speaks over HTTP: which pages to ask for and how to read them. Holds no
/// connection, so that parse() is a pure function from bytes to series; HttpFeed does the talking.
class FeedProtocol {
 public:
  virtual ~FeedProtocol() = default;
  virtual const ProviderFacts& facts() const = 0;

  /// The pages that answer `query`, each after the base URL. Throws UsageError for a zone that
  /// cannot be a zone of this provider.
  virtual std::vector<std::string> paths(const FeedQuery& query) const = 0;

  /// Reads one page. Throws FeedError where the page as a whole cannot be used.
  virtual FeedAnswer parse(const PageOrigin& page, std::string_view body) const = 0;

  /// The page that trades credentials for a token, if this provider works so.
  virtual std::optional<HttpRequest> login(const Credentials&) const { return std::nullopt; }
  virtual Secret parse_login(const AnswerOrigin&, std::string_view) const { return {}; }

  /// Adds the key to a request.
  virtual void authorize(HttpRequest&, const Secret& /*token*/) const {}
};

/// Throws UsageError unless `zone` consists of letters, digits, '-' and '_', so that it can stand
/// in a URL; `example` is shown.
void require_plain_zone(const std::string& provider, const std::string& zone,
                        const std::string& example);

}  // namespace greentrain
