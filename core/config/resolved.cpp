#include "core/config/resolved.h"

#include <string_view>

#include <fmt/format.h>

#include "core/config/option.h"
#include "core/sha256.h"

namespace greentrain {
namespace {

std::size_t depth_of(std::string_view path) {
  std::size_t depth = 0;
  for (char c : path) {
    depth += c == '.' ? 1 : 0;
  }
  return depth;
}

/// The lines "train:" and "  optimizer:" that a setting needs before it and that are not open yet.
std::string open_groups(const std::string& group, const std::string& open) {
  if (group.empty() || open == group || open.starts_with(group + ".")) {
    return "";
  }
  return open_groups(parent_path(group), open) +
         fmt::format("{:{}}{}:\n", "", 2 * depth_of(group), last_key(group));
}

}  // namespace

std::string resolved_yaml(std::span<const ResolvedSetting> settings, Origins origins) {
  std::string text;
  std::string open;
  for (const ResolvedSetting& setting : settings) {
    const std::string group = parent_path(setting.path);
    text += open_groups(group, open);
    open = group;
    const std::string line = fmt::format("{:{}}{}: {}", "", 2 * depth_of(setting.path),
                                         last_key(setting.path), setting.value);
    const bool comment = origins == Origins::Shown && setting.origin != "default";
    text += comment ? fmt::format("{:<40}  # {}\n", line, setting.origin) : line + "\n";
  }
  return text;
}

std::string config_sha256(std::span<const ResolvedSetting> settings) {
  return sha256_hex(resolved_yaml(settings, Origins::Hidden));
}

}  // namespace greentrain
