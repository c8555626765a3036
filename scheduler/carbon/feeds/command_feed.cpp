#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/carbon/feeds/local_feeds.h"
#include "scheduler/carbon/feeds/series_file.h"

namespace greentrain {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kLongestOutput = 16u << 20;

/// A pipe whose ends are closed when it goes.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe");
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  int end(std::size_t which) const { return ends_[which]; }
  void close_end(std::size_t which) {
    if (ends_[which] >= 0) close(ends_[which]);
    ends_[which] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

enum class Ending { Whole, TooSlow, TooLong };

/// A shell that runs one command in a process group of its own. Killed and reaped when it goes.
class Shell {
 public:
  Shell(const std::string& command, const std::string& zone) {
    const std::string variable = "GREENSCHED_ZONE=" + zone;
    std::vector<char*> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) variables.push_back(*entry);
    variables.push_back(const_cast<char*>(variable.c_str()));
    variables.push_back(nullptr);
    child_ = fork();
    if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child_ == 0) run(command.c_str(), variables.data());
    output_.close_end(1);
    errors_.close_end(1);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  ~Shell() {
    if (child_ > 0) reap();
  }

  /// Reads both outputs until both end, the limit passes or there is too much.
  Ending read(std::string& output, std::string& errors, Milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::array<pollfd, 2> ends{{{output_.end(0), POLLIN, 0}, {errors_.end(0), POLLIN, 0}}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
      const auto left =
          std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return Ending::TooSlow;
      if (poll(ends.data(), ends.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) {
        throw std::system_error(errno, std::generic_category(), "poll");
      }
      if (ends[0].revents != 0) take(ends[0], output);
      if (ends[1].revents != 0) take(ends[1], errors);
      if (output.size() + errors.size() > kLongestOutput) return Ending::TooLong;
    }
    return Ending::Whole;
  }

  /// Ends what is left of the group and returns the wait status of the shell.
  int reap() {
    // A shell that has ended by itself keeps its own status; its background children go with it.
    int status = 0;
    if (waitpid(child_, &status, WNOHANG) == child_) {
      kill(-child_, SIGKILL);
    } else {
      kill(-child_, SIGKILL);
      while (waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
    }
    child_ = -1;
    return status;
  }

  /// The exit status of a shell that has closed its outputs.
  int wait(Milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    int status = 0;
    while (waitpid(child_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() >= deadline) return reap();
      poll(nullptr, 0, 1);
    }
    kill(-child_, SIGKILL);
    child_ = -1;
    return status;
  }

 private:
  [[noreturn]] void run(const char* command, char** variables) {
    setpgid(0, 0);
    dup2(output_.end(1), STDOUT_FILENO);
    dup2(errors_.end(1), STDERR_FILENO);
    const char* arguments[] = {"sh", "-c", command, nullptr};
    execve("/bin/sh", const_cast<char**>(arguments), variables);
    _exit(127);
  }

  static void take(pollfd& end, std::string& text) {
    std::array<char, 65536> bytes;
    const ssize_t count = ::read(end.fd, bytes.data(), bytes.size());
    if (count > 0) {
      text.append(bytes.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      end.fd = -1;  // poll() passes over it.
    }
  }

  Pipe output_;
  Pipe errors_;
  pid_t child_{-1};
};

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t start = text.rfind('\n');
  if (start != std::string::npos) text.erase(0, start + 1);
  return text.substr(0, 200);
}

class CommandFeed final : public CarbonFeed {
 public:
  CommandFeed(std::string command, Milliseconds limit)
      : command_(std::move(command)), limit_(limit) {}

  const std::string& name() const override { return name_; }

  FeedAnswer fetch(const FeedQuery& query) override {
    const AnswerOrigin origin{name_, command_};
    try {
      return parse_series_file(origin, {query.zone, std::nullopt, query.now},
                               output_of(query.zone));
    } catch (const FeedError& error) {
      return {{}, {error.fault()}};
    }
  }

 private:
  std::string output_of(const std::string& zone) const {
    const AnswerOrigin origin{name_, command_};
    std::string output, errors;
    Shell shell(command_, zone);
    const Ending ending = shell.read(output, errors, limit_);
    if (ending == Ending::TooSlow) {
      complain(origin, FaultKind::Unreachable, "",
               fmt::format("still running after {} ms; it was killed", limit_.count()),
               "a series on its standard output");
    }
    if (ending == Ending::TooLong) {
      complain(origin, FaultKind::Malformed, "",
               fmt::format("more than {} bytes of output", kLongestOutput), "a carbon series");
    }
    const int status = shell.wait(limit_);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      const std::string how = WIFEXITED(status)
                                  ? fmt::format("exit code {}", WEXITSTATUS(status))
                                  : fmt::format("ended by signal {}", WTERMSIG(status));
      complain(origin, FaultKind::Server, "", fmt::format("{} ({})", how, last_line(errors)),
               "exit code 0");
    }
    return output;
  }

  std::string name_{"command"};
  std::string command_;
  Milliseconds limit_;
};

}  // namespace

std::unique_ptr<CarbonFeed> make_command_feed(std::string command, Milliseconds limit) {
  return std::make_unique<CommandFeed>(std::move(command), limit);
}

}  // namespace greentrain
