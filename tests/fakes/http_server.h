#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace greentrain {

struct FakeRequest {
  std::string target;                          ///< Path and query, as it was sent.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
};

struct FakeAnswer {
  enum class Fault { None, CutBody, Silence, Hangup };

  int status{200};
  std::map<std::string, std::string> headers{};
  std::string body{};
  Fault fault{Fault::None};  ///< Half a body, no answer at all, or a closed connection.
};

/// An HTTP server on a free port of this machine for the length of a test, with the faults of real
/// ones. Answers one request per connection, on a thread of its own.
class FakeHttpServer {
 public:
  using Handler = std::function<FakeAnswer(const FakeRequest&)>;

  explicit FakeHttpServer(Handler handler);
  FakeHttpServer(const FakeHttpServer&) = delete;
  FakeHttpServer& operator=(const FakeHttpServer&) = delete;
  ~FakeHttpServer();

  std::string url() const;  ///< `http://127.0.0.1:PORT`.
  std::vector<FakeRequest> requests() const;

 private:
  void serve();
  void answer(int connection);

  Handler handler_;
  int listener_;
  int stop_[2];
  int port_;
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::vector<int> silent_;  ///< Connections that wait for an answer that never comes.
  std::thread thread_;
};

}  // namespace greentrain
