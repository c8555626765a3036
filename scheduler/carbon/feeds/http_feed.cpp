#include "scheduler/carbon/feeds/http_feed.h"

#include <utility>

#include <fmt/format.h>

namespace greentrain {
namespace {

constexpr auto kShortestThrottle = std::chrono::seconds{60};

/// What a status means, other than 200.
FaultKind kind_of(int status) {
  switch (status) {
    case 401:
      return FaultKind::Unauthorized;
    case 403:
      return FaultKind::Plan;
    case 408:
      return FaultKind::Server;
    case 429:
      return FaultKind::Throttled;
    default:
      return status >= 500 ? FaultKind::Server : FaultKind::Configuration;
  }
}

std::string advice(FaultKind kind, const ProviderFacts& facts) {
  switch (kind) {
    case FaultKind::Unauthorized:
      return facts.key_variables.empty()
                 ? "200"
                 : fmt::format("200; check {}", fmt::join(facts.key_variables, " and "));
    case FaultKind::Plan:
      return "200; the plan behind this key does not include the zone or signal";
    case FaultKind::Configuration:
      return "200; check the zone and the address";
    default:
      return "200";
  }
}

}  // namespace

HttpFeed::HttpFeed(HttpFeedParts parts)
    : parts_(std::move(parts)), jitter_(parts_.seed), answered_(parts_.has_answered_before) {
  if (parts_.base_url.empty()) parts_.base_url = parts_.protocol->facts().base_url;
}

FeedAnswer HttpFeed::fetch(const FeedQuery& query) {
  FeedAnswer answer;
  for (const std::string& path : parts_.protocol->paths(query)) {
    const PageOrigin page{{name(), parts_.base_url + path}, path, query};
    try {
      FeedAnswer part = parts_.protocol->parse(page, get_page(page));
      for (CarbonSeries& series : part.series) answer.series.push_back(std::move(series));
      for (FeedFault& fault : part.faults) answer.faults.push_back(std::move(fault));
    } catch (const FeedError& error) {
      answer.faults.push_back(error.fault());
    }
  }
  return answer;
}

HttpRequest HttpFeed::request_for(const PageOrigin& page) {
  HttpRequest request{page.origin.source, {}, std::nullopt};
  if (!token_.empty()) parts_.protocol->authorize(request, token_);
  return request;
}

std::string HttpFeed::get_page(const PageOrigin& page) {
  require_keys(page.origin);
  const bool logs_in = parts_.protocol->login(parts_.keys).has_value();
  if (!logs_in) {
    token_ = parts_.keys.token;
  } else if (token_.empty()) {
    log_in();
  }
  HttpResponse response = get_with_retries(request_for(page), page.origin);
  if (response.status == 401 && logs_in) {
    log_in();  // A token lives half an hour. One new one; a second 401 is the answer.
    response = get_with_retries(request_for(page), page.origin);
  }
  if (response.status != 200) throw FeedError(fault_of(response, page.origin));
  answered_ = true;
  return std::move(response.body);
}

void HttpFeed::require_keys(const AnswerOrigin& origin) const {
  const std::vector<std::string>& needed = parts_.protocol->facts().key_variables;
  const Credentials& keys = parts_.keys;
  const bool there = !keys.token.empty() || (!keys.user.empty() && !keys.password.empty());
  if (needed.empty() || there) return;
  complain(origin, FaultKind::Unauthorized, "", "no key",
           fmt::format("{} in the environment or in a key file", fmt::join(needed, " and ")));
}

void HttpFeed::log_in() {
  HttpRequest request = *parts_.protocol->login(parts_.keys);
  const AnswerOrigin origin{name(), parts_.base_url + "/login"};
  request.url = origin.source;
  const HttpResponse response = get_with_retries(request, origin);
  if (response.status != 200) throw FeedError(fault_of(response, origin));
  token_ = parts_.protocol->parse_login(origin, response.body);
}

HttpResponse HttpFeed::get_with_retries(const HttpRequest& request, const AnswerOrigin& origin) {
  for (int attempt = 1;; ++attempt) {
    std::optional<FeedFault> fault;
    try {
      HttpResponse response = get_once(request, origin);
      if (response.status == 200 || response.status == 401) return response;
      fault = fault_of(response, origin);
      if (!may_pass(fault->kind)) return response;
    } catch (const FeedError& error) {
      fault = error.fault();
    }
    if (!may_pass(fault->kind) || attempt == parts_.retry.attempts) throw FeedError(*fault);
    std::chrono::milliseconds pause = backoff(parts_.retry, attempt + 1, jitter_);
    if (fault->retry_after) {
      pause = std::max(pause, std::chrono::milliseconds(*fault->retry_after));
    }
    if (pause > parts_.retry.longest) throw FeedError(*fault);
    parts_.wait(pause);
  }
}

HttpResponse HttpFeed::get_once(const HttpRequest& request, const AnswerOrigin& origin) {
  spend_quota(origin);
  try {
    return parts_.client->get(request);
  } catch (const HttpError& error) {
    throw FeedError(
        {FaultKind::Unreachable, origin.provider, origin.source, "", error.what(), "an answer"});
  }
}

void HttpFeed::spend_quota(const AnswerOrigin& origin) {
  const RequestQuota& quota = parts_.protocol->facts().quota;
  const UtcTime now = parts_.now();
  while (!requests_.empty() && now - requests_.front() >= quota.per) requests_.pop_front();
  if (requests_.size() >= quota.requests) {
    FeedFault fault{FaultKind::Throttled,
                    origin.provider,
                    origin.source,
                    "",
                    fmt::format("{} requests in the last {} s, as many as the provider allows",
                                requests_.size(), quota.per.count()),
                    "fewer"};
    fault.retry_after = requests_.front() + quota.per - now;
    throw FeedError(fault);
  }
  requests_.push_back(now);
}

FeedFault HttpFeed::fault_of(const HttpResponse& response, const AnswerOrigin& origin) const {
  const ProviderFacts& facts = parts_.protocol->facts();
  FaultKind kind = kind_of(response.status);
  std::string found = fmt::format("HTTP {}", response.status);
  // Some providers answer 401 instead of 429. A key that worked before has not become wrong.
  if (kind == FaultKind::Unauthorized && answered_) {
    kind = FaultKind::Throttled;
    found += " for a key that worked before, which is how some providers throttle";
  }
  FeedFault fault{kind, origin.provider, origin.source, "", found, advice(kind, facts)};
  const auto header = response.headers.find("retry-after");
  if (header != response.headers.end()) {
    fault.retry_after = parse_retry_after(header->second, parts_.now());
  }
  if (kind == FaultKind::Throttled && !fault.retry_after) fault.retry_after = kShortestThrottle;
  return fault;
}

}  // namespace greentrain
