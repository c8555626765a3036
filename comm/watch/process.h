#pragma once

#include <cstdint>
#include <sys/types.h>

namespace greentrain {

/// A process that is told from a later one of the same number by when it started.
struct ProcessId {
  pid_t pid{0};
  std::uint64_t start_time{0};  ///< Clock ticks since boot, as /proc/PID/stat has it.
};

enum class ProcessState { Runs, Stopped, Gone };

/// Of the process that has this number now; start time 0 when there is none.
ProcessId process_id(pid_t pid);
const char* to_string(ProcessState state);  ///< "runs", "stopped", "gone".

/// Stopped: by a signal or a debugger. Gone: ended, even if nobody has waited for it yet.
ProcessState state_of(const ProcessId& process);

/// A descriptor that becomes readable when the process ends. Owns it.
class ProcessWatch {
 public:
  /// Without a descriptor where the kernel has none to give: then only state_of() tells.
  explicit ProcessWatch(const ProcessId& process);
  ProcessWatch(ProcessWatch&& other) noexcept;
  ProcessWatch& operator=(ProcessWatch&&) = delete;
  ~ProcessWatch();

  int descriptor() const { return descriptor_; }  ///< -1: none.

 private:
  int descriptor_;
};

}  // namespace greentrain
