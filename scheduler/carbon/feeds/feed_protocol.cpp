#include "scheduler/carbon/feeds/feed_protocol.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace greentrain {

void require_plain_zone(const std::string& provider, const std::string& zone,
                        const std::string& example) {
  const bool plain = !zone.empty() && std::all_of(zone.begin(), zone.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  if (plain) return;
  throw UsageError(
      fmt::format("zone \"{}\": expected a zone of {}, such as {}", zone, provider, example));
}

}  // namespace greentrain
