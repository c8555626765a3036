#include <algorithm>
#include <cctype>
#include <curl/curl.h>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/version.h"
#include "scheduler/carbon/feeds/http_client.h"

namespace greentrain {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// What the callbacks write to.
struct Receiver {
  HttpResponse response;
  std::size_t limit{0};
  bool too_long{false};
};

std::size_t receive_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  if (receiver.response.body.size() + count > receiver.limit) {
    receiver.too_long = true;
    return 0;  // Makes curl stop.
  }
  receiver.response.body.append(bytes, count);
  return count;
}

std::string trimmed(std::string_view text) {
  const auto space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

std::size_t receive_header(char* bytes, std::size_t, std::size_t count, void* user) {
  const std::string_view line(bytes, count);
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    static_cast<Receiver*>(user)->response.headers[lower(trimmed(line.substr(0, colon)))] =
        trimmed(line.substr(colon + 1));
  }
  return count;
}

bool is_this_machine(const std::string& url) {
  for (const char* host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    const std::string_view prefix(host);
    if (url.compare(0, prefix.size(), prefix) != 0) continue;
    const char next = url.size() > prefix.size() ? url[prefix.size()] : '/';
    // What stands before an @ is a user name, and the host comes after it.
    return (next == ':' || next == '/') && url.find('@') == std::string::npos;
  }
  return false;
}

void refuse_to_leak(const HttpRequest& request) {
  const bool secret = !request.headers.empty() || request.basic_auth;
  if (!secret || request.url.starts_with("https://") || is_this_machine(request.url)) return;
  throw UsageError(
      fmt::format("{}: this would send a key in the clear, expected an https URL", request.url));
}

class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(const HttpLimits& limits) : limits_(limits) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    handle_.reset(started == CURLE_OK ? curl_easy_init() : nullptr);
    if (!handle_) throw Error("libcurl could not be started");
  }

  HttpResponse get(const HttpRequest& request) override {
    refuse_to_leak(request);
    curl_easy_reset(handle_.get());  // Keeps connections, forgets the secrets of the last request.
    const std::unique_ptr<curl_slist, FreeList> headers = list_of(request);
    Receiver receiver{{}, limits_.body_bytes, false};
    set_up(request, headers.get(), receiver);
    const CURLcode result = curl_easy_perform(handle_.get());
    if (receiver.too_long) {
      throw HttpError(fmt::format("the answer is longer than {} bytes", limits_.body_bytes));
    }
    if (result != CURLE_OK) throw HttpError(curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    receiver.response.status = static_cast<int>(status);
    return std::move(receiver.response);
  }

 private:
  static std::unique_ptr<curl_slist, FreeList> list_of(const HttpRequest& request) {
    std::unique_ptr<curl_slist, FreeList> list;
    for (const HttpHeader& header : request.headers) {
      if (header.value.reveal().find_first_of("\r\n") != std::string::npos) {
        throw UsageError(
            fmt::format("the value for header {} holds a line break, expected one line; "
                        "look at the key file",
                        header.name));
      }
      const std::string line = header.name + ": " + header.value.reveal();
      curl_slist* longer = curl_slist_append(list.get(), line.c_str());
      if (longer == nullptr) throw std::bad_alloc();
      (void)list.release();
      list.reset(longer);
    }
    return list;
  }

  void set_up(const HttpRequest& request, curl_slist* headers, Receiver& receiver) {
    static const std::string agent = fmt::format("greensched/{}", build_info().version);
    CURL* curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (is_this_machine(request.url)) curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str());
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.total.count()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &receive_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiver);
    if (request.basic_auth) {
      curl_easy_setopt(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
      curl_easy_setopt(curl, CURLOPT_USERNAME, request.basic_auth->user.reveal().c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, request.basic_auth->password.reveal().c_str());
    }
  }

  HttpLimits limits_;
  std::unique_ptr<CURL, FreeHandle> handle_;
};

}  // namespace

std::unique_ptr<HttpClient> make_curl_http_client(const HttpLimits& limits) {
  return std::make_unique<CurlHttpClient>(limits);
}

}  // namespace greentrain
