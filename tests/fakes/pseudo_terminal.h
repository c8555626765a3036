#pragma once

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

namespace greentrain {

/// A terminal with nobody behind it, for the running test.
class PseudoTerminal {
 public:
  /// 0 columns: a terminal that does not know its size, as a rank gets from mpirun.
  explicit PseudoTerminal(unsigned short columns) : controller_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (controller_ < 0 || grantpt(controller_) != 0 || unlockpt(controller_) != 0) {
      throw std::system_error(errno, std::generic_category(), "pseudo-terminal");
    }
    path_ = ptsname(controller_);
    terminal_ = open(path_.c_str(), O_RDWR | O_NOCTTY);
    winsize size{};
    size.ws_col = columns;
    ioctl(terminal_, TIOCSWINSZ, &size);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    close(terminal_);
    close(controller_);
  }

  int descriptor() const { return terminal_; }
  const std::string& path() const { return path_; }  ///< "/dev/pts/3".

 private:
  int controller_;
  int terminal_{-1};
  std::string path_;
};

}  // namespace greentrain
