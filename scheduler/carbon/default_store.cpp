#include "scheduler/carbon/default_store.h"

#include "core/error.h"

namespace greentrain {

std::filesystem::path default_store(const Environment& environment) {
  const auto data = environment("XDG_DATA_HOME");
  if (data && !data->empty()) return std::filesystem::path(*data) / "greentrain/carbon.sqlite";
  const auto home = environment("HOME");
  if (home && !home->empty()) {
    return std::filesystem::path(*home) / ".local/share/greentrain/carbon.sqlite";
  }
  throw UsageError(
      "neither XDG_DATA_HOME nor HOME is set; name a file with --store or scheduler.store");
}

}  // namespace greentrain
