#include "scheduler/run/process_host.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr int kNotFound = 127;
constexpr int kNotRunnable = 126;
constexpr int kKilledBy = 128;
constexpr std::chrono::seconds kLongestWait = 20s;  ///< After a sleep the date is looked at anew.

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

/// In the child: becomes the command, or reports why not through `pipe` and ends.
[[noreturn]] void become(const std::vector<std::string>& command, int pipe) {
  setpgid(0, 0);
  const sigset_t watched = watched_signals();
  sigprocmask(SIG_UNBLOCK, &watched, nullptr);
  signal(SIGTTOU, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int error = errno;
  [[maybe_unused]] const auto written = write(pipe, &error, sizeof error);
  _exit(kNotFound);
}

}  // namespace

ProcessHost::ProcessHost(std::vector<std::string> command) : command_(std::move(command)) {
  const sigset_t watched = watched_signals();
  pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  signal(SIGTTOU, SIG_IGN);  // Or taking the terminal back would stop this program.
}

ProcessHost::~ProcessHost() {
  if (child_ > 0) kill(-child_, SIGCONT);  // Nobody else would.
  const sigset_t watched = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &watched, nullptr);
}

RunEvent ProcessHost::wait_until(UtcTime time) {
  for (;;) {
    if (child_ > 0 && collect()) return RunEvent::CommandEnded;
    const auto date = clock_.date();
    const auto until = std::min(time, std::chrono::ceil<std::chrono::seconds>(date) + kLongestWait);
    const auto wait = std::max<std::chrono::nanoseconds>(until - date, 0ns);
    const timespec timeout{wait / 1s, (wait % 1s).count()};
    const sigset_t watched = watched_signals();
    switch (sigtimedwait(&watched, nullptr, &timeout)) {
      case SIGINT:
        return RunEvent::Interrupt;
      case SIGTERM:
      case SIGHUP:
        return RunEvent::Terminate;
      case SIGCHLD:
        continue;
      default:
        return RunEvent::Time;
    }
  }
}

bool ProcessHost::start() {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw Error(fmt::format("pipe: {}", strerror(errno)));
  child_ = fork();
  if (child_ < 0) throw Error(fmt::format("fork: {}; too many processes?", strerror(errno)));
  if (child_ == 0) become(command_, pipe[1]);
  setpgid(child_, child_);  // In both, so that it holds whichever comes first.
  close(pipe[1]);
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(pipe[0], &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  close(pipe[0]);
  if (got == 0) {
    give_terminal(child_);
    return true;
  }
  waitpid(child_, nullptr, 0);
  child_ = 0;
  exit_code_ = error == ENOENT ? kNotFound : kNotRunnable;
  return false;
}

void ProcessHost::pause() {
  kill(-child_, SIGSTOP);
  give_terminal(getpgrp());
}

void ProcessHost::resume() {
  give_terminal(child_);
  kill(-child_, SIGCONT);
}

void ProcessHost::forward(RunEvent event) {
  kill(-child_, event == RunEvent::Interrupt ? SIGINT : SIGTERM);
}

/// Whether the command has ended; takes its exit code then.
bool ProcessHost::collect() {
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) != child_) return false;
  exit_code_ = WIFSIGNALED(status) ? kKilledBy + WTERMSIG(status) : WEXITSTATUS(status);
  child_ = 0;
  give_terminal(getpgrp());
  return true;
}

/// Makes a process group the one that may read from the terminal, if this is a terminal's job.
void ProcessHost::give_terminal(pid_t group) {
  if (isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) >= 0) tcsetpgrp(STDIN_FILENO, group);
}

}  // namespace greentrain
