#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "scheduler/carbon/feeds/secret.h"

namespace greentrain {

struct HttpHeader {
  std::string name;
  Secret value;
};

struct BasicAuth {
  Secret user;
  Secret password;
};

/// A GET. Secrets travel in headers, never in the URL, so that the URL may be shown.
struct HttpRequest {
  std::string url;
  std::vector<HttpHeader> headers;
  std::optional<BasicAuth> basic_auth;
};

struct HttpResponse {
  int status{0};
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
};

/// There is no whole answer: no connection, none in time, cut, or too long. Names no secret.
class HttpError : public Error {
 public:
  using Error::Error;
};

/// Fetches pages. Every HTTP status is an answer, and redirects are not followed: a key is for the
/// host it was made for. Throws HttpError, and UsageError rather than send a secret over plain http
/// to another machine. Not thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual HttpResponse get(const HttpRequest& request) = 0;
};

struct HttpLimits {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds total{20000};
  std::size_t body_bytes{16u << 20};
};

/// The one that uses libcurl. Proxies are taken from the environment, as curl does.
std::unique_ptr<HttpClient> make_curl_http_client(const HttpLimits& limits);

}  // namespace greentrain
