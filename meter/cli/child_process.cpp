#include "meter/cli/child_process.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace greentrain {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

Seconds seconds(const timeval& time) {
  return Seconds(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6);
}

/// CPU time of all descendants that were waited for, by us or by their parents.
Seconds descendants_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The attributes of the command: the signals as they were before the meter.
class SpawnAttributes {
 public:
  explicit SpawnAttributes(const BlockedSignals& signals) {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &signals.before());
    posix_spawnattr_setsigdefault(&attributes_, &signals.defaults());
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Takes in every descendant that has ended; true once the command itself is among them.
bool reap(pid_t command, CommandEnd& end) {
  bool ended = false;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != command) continue;
    ended = true;
    end.exit_code = code_of(status);
  }
  return ended;
}

void wait_and_pass_signals(pid_t command, const sigset_t& signals, CommandEnd& end) {
  while (!reap(command, end)) {
    siginfo_t signal{};
    if (sigwaitinfo(&signals, &signal) < 0) continue;
    const bool from_terminal = signal.si_code == SI_KERNEL;  // The command got it, too.
    if (signal.si_signo != SIGCHLD && !from_terminal) kill(command, signal.si_signo);
  }
}

/// An ending signal that came while there was no command to leave it to; 0 if there is none.
int pending_end() {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : ending_signals()) sigaddset(&ending, signal);
  const timespec at_once{};
  return std::max(0, sigtimedwait(&ending, nullptr, &at_once));
}

/// 0, and why in `end`, if there is no process now.
pid_t spawn(const std::vector<std::string>& command, const BlockedSignals& signals,
            CommandEnd& end) {
  if (const int signal = pending_end()) {
    end.exit_code = 128 + signal;
    end.problem = command[0] + " was not started: " + strsignal(signal);
    return 0;
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const SpawnAttributes attributes(signals);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, arguments[0], nullptr, attributes.get(), arguments.data(), environ);
  if (error != 0) {
    end.exit_code = error == ENOENT ? kNotFound : kNotExecutable;
    end.problem = command[0] + ": " + std::strerror(error);
    return 0;
  }
  // One that came meanwhile may have missed it.
  if (const int signal = pending_end()) kill(pid, signal);
  return pid;
}

}  // namespace

std::vector<int> ending_signals() {
  std::vector<int> signals;
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) signals.push_back(signal);
  }
  return signals;
}

BlockedSignals::BlockedSignals() {
  sigemptyset(&blocked_);
  for (const int signal : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    sigaddset(&blocked_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &blocked_, &before_);
  sigemptyset(&defaults_);
  if (signal(SIGXFSZ, SIG_IGN) == SIG_DFL) sigaddset(&defaults_, SIGXFSZ);
}

BlockedSignals::~BlockedSignals() { undo(); }

void BlockedSignals::undo() const {
  if (sigismember(&defaults_, SIGXFSZ) == 1) signal(SIGXFSZ, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

CommandEnd run_command(const std::vector<std::string>& command, const BlockedSignals& signals) {
  // A process that outlives its parent becomes ours, so that its CPU time counts.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  CommandEnd end;
  const Seconds before = descendants_cpu_time();
  const pid_t pid = spawn(command, signals, end);
  if (pid == 0) return end;
  end.started = true;
  wait_and_pass_signals(pid, signals.blocked(), end);
  end.cpu_time = descendants_cpu_time() - before;
  siginfo_t other{};
  end.left_behind = waitid(P_ALL, 0, &other, WEXITED | WNOHANG | WNOWAIT) == 0;
  return end;
}

}  // namespace greentrain
