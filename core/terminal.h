#pragma once

#include <string>

#include "core/environment.h"

namespace greentrain {

/// What the place where an output ends up can show.
struct Terminal {
  bool interactive{false};  ///< Somebody watches: a line may be redrawn in place with '\r'.
  bool color{false};        ///< ANSI colours are wanted and understood.
  int width{80};            ///< Columns; says nothing when not interactive.
};

/// The terminal behind an open file descriptor. TERM=dumb counts as none; NO_COLOR
/// (https://no-color.org) turns colours off. The width is the terminal's, else COLUMNS, else 80.
Terminal terminal_of(int descriptor, const Environment& environment);

/// The same for a file by its name, such as the link /proc/PID/fd/1; not a terminal when it cannot
/// be opened. Only what lies in /dev is opened, so that no pipe is disturbed.
Terminal terminal_at(const std::string& path, const Environment& environment);

}  // namespace greentrain
