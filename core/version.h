#pragma once

#include <string>

namespace greentrain {

/// Where a binary comes from: printed by `--version` and kept in every report.
struct BuildInfo {
  std::string version;     ///< Of the project, "0.1.0".
  std::string commit;      ///< 40 hex digits, then "-dirty" if files differ; "unknown" without git.
  std::string compiler;    ///< "GNU 12.2.0".
  std::string build_type;  ///< "Release".
};

/// The same for every program of a build.
const BuildInfo& build_info();

}  // namespace greentrain
