#include "meter/energy.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace greentrain {
namespace {

constexpr std::array<std::string_view, 4> kQualityNames{"measured", "integrated", "estimated",
                                                        "unmeasured"};
constexpr std::array<std::string_view, kPhaseCount> kPhaseNames{
    "startup", "data", "forward",    "backward",   "exchange",
    "update",  "wait", "evaluation", "checkpoint", "idle"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto* at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

Energy sum(const std::vector<Energy>& parts) {
  if (parts.empty()) return {};
  Energy total;
  total.covered_fraction = 1;
  total.quality = Quality::Measured;
  for (const Energy& part : parts) {
    total.joules += part.joules;
    total.lo += part.lo;
    total.hi += part.hi;
    total.covered_fraction = std::min(total.covered_fraction, part.covered_fraction);
    total.quality = std::max(total.quality, part.quality);
    total.resets += part.resets;
    total.gaps += part.gaps;
  }
  return total;
}

std::string to_string(Quality quality) {
  return std::string(kQualityNames.at(static_cast<std::size_t>(quality)));
}

std::string to_string(Phase phase) {
  return std::string(kPhaseNames.at(static_cast<std::size_t>(phase)));
}

std::optional<Quality> quality_from_string(std::string_view name) {
  return find<Quality>(kQualityNames, name);
}

std::optional<Phase> phase_from_string(std::string_view name) {
  return find<Phase>(kPhaseNames, name);
}

}  // namespace greentrain
