#include "tests/fakes/http_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace greentrain {
namespace {

int check(int result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

int listen_on_free_port(int& port) {
  const int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
  check(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  check(listen(listener, 16), "listen");
  port = ntohs(address.sin_port);
  return listener;
}

std::string read_head(int connection) {
  std::string head;
  char byte = 0;
  while (head.find("\r\n\r\n") == std::string::npos && recv(connection, &byte, 1, 0) == 1) {
    head += byte;
  }
  return head;
}

FakeRequest parse_head(const std::string& head) {
  FakeRequest request;
  std::istringstream lines(head);
  std::string method, line;
  lines >> method >> request.target;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && value.back() == '\r') value.pop_back();
    request.headers[name] = value;
  }
  return request;
}

std::string to_bytes(const FakeAnswer& answer) {
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " Fake\r\n";
  for (const auto& [name, value] : answer.headers) bytes += name + ": " + value + "\r\n";
  bytes +=
      "Content-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n";
  const bool cut = answer.fault == FakeAnswer::Fault::CutBody;
  return bytes + answer.body.substr(0, cut ? answer.body.size() / 2 : std::string::npos);
}

}  // namespace

FakeHttpServer::FakeHttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = listen_on_free_port(port_);
  check(pipe(stop_), "pipe");
  thread_ = std::thread([this] { serve(); });
}

FakeHttpServer::~FakeHttpServer() {
  close(stop_[1]);  // The reading end becomes ready, and serve() returns.
  thread_.join();
  for (int connection : silent_) close(connection);
  close(listener_);
  close(stop_[0]);
}

std::string FakeHttpServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<FakeRequest> FakeHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeHttpServer::serve() {
  for (;;) {
    pollfd ends[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (poll(ends, 2, -1) < 0 && errno != EINTR) return;
    if (ends[1].revents != 0) return;
    if (ends[0].revents != 0) answer(accept(listener_, nullptr, nullptr));
  }
}

void FakeHttpServer::answer(int connection) {
  const FakeRequest request = parse_head(read_head(connection));
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const FakeAnswer reply = handler_(request);
  if (reply.fault == FakeAnswer::Fault::Silence) {
    silent_.push_back(connection);
    return;
  }
  if (reply.fault != FakeAnswer::Fault::Hangup) {
    const std::string bytes = to_bytes(reply);
    // A client that has gone away must not end the test with SIGPIPE.
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count =
          send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
  }
  close(connection);
}

}  // namespace greentrain
