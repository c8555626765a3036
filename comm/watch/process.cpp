#include "comm/watch/process.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace greentrain {
namespace {

struct Stat {
  char state{'X'};
  std::uint64_t start_time{0};
};

// Fields 3 and 22 of /proc/PID/stat; the second one, the name in parentheses, may hold anything.
std::optional<Stat> read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  Stat stat;
  fields >> stat.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start_time;
  return fields ? std::optional(stat) : std::nullopt;
}

}  // namespace

ProcessId process_id(pid_t pid) {
  const auto stat = read_stat(pid);
  return {pid, stat ? stat->start_time : 0};
}

const char* to_string(ProcessState state) {
  switch (state) {
    case ProcessState::Runs:
      return "runs";
    case ProcessState::Stopped:
      return "stopped";
    case ProcessState::Gone:
      return "gone";
  }
  return "";
}

ProcessState state_of(const ProcessId& process) {
  const auto stat = read_stat(process.pid);
  if (!stat || stat->start_time != process.start_time) return ProcessState::Gone;
  switch (stat->state) {
    case 'Z':
    case 'X':
      return ProcessState::Gone;
    case 'T':
    case 't':
      return ProcessState::Stopped;
    default:
      return ProcessState::Runs;
  }
}

ProcessWatch::ProcessWatch(const ProcessId& process)
    : descriptor_(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0U))) {}

ProcessWatch::ProcessWatch(ProcessWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ProcessWatch::~ProcessWatch() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace greentrain
