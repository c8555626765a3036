#include "trainer/run/banner.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace greentrain {
namespace {

// A value longer than this pushes its origin to the right instead of widening the column for all.
constexpr std::size_t kWidestValue = 32;

std::string counted(std::int64_t count, const char* thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

}  // namespace

std::string banner(std::span<const ResolvedSetting> settings, const RunLayout& layout,
                   const Terminal& terminal) {
  std::vector<const ResolvedSetting*> shown;
  std::size_t path_width = 0;
  std::size_t value_width = 0;
  for (const ResolvedSetting& setting : settings) {
    if (!setting.differs()) continue;
    shown.push_back(&setting);
    path_width = std::max(path_width, setting.path.size());
    value_width = std::max(value_width, std::min(setting.value.size(), kWidestValue));
  }
  std::string text = shown.empty() ? "every setting has its default\n" : "";
  for (const ResolvedSetting* setting : shown) {
    const std::string& origin = setting->origin;
    text += fmt::format("{:{}}  {:{}}  {}\n", setting->path, path_width, setting->value,
                        value_width, terminal.color ? "\033[2m" + origin + "\033[0m" : origin);
  }
  const std::string mkl = layout.mkl ? ", MKL with " + *layout.mkl + " code" : "";
  return text +
         fmt::format("{} on {} ({}), {}, {}{}\n", counted(layout.ranks, "rank"),
                     counted(static_cast<std::int64_t>(layout.hosts.size()), "host"),
                     fmt::join(layout.hosts, ", "), fmt::join(layout.devices, ", "), layout.threads,
                     mkl) +
         (layout.exchange.empty() ? "" : fmt::format("gradients by {}\n", layout.exchange));
}

}  // namespace greentrain
