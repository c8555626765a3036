#include "meter/sensor_choice.h"

#include <algorithm>

namespace greentrain {
namespace {

/// "package:*" stands for every part whose name begins with "package:", and a package has its dies
/// in it.
bool covers(const std::string& outer, const std::string& inner) {
  if (outer == inner || inner.rfind(outer + "-die-", 0) == 0) return true;
  return outer.back() == '*' && inner.rfind(outer.substr(0, outer.size() - 1), 0) == 0;
}

bool contains(const SensorInfo& outer, const SensorInfo& inner) {
  return std::all_of(inner.parts.begin(), inner.parts.end(), [&](const std::string& part) {
    return std::any_of(outer.parts.begin(), outer.parts.end(),
                       [&](const std::string& other) { return covers(other, part); });
  });
}

std::string reason(const SensorInfo& left_out, const SensorInfo& taken) {
  const bool inside = contains(taken, left_out);
  return left_out.id + ": " + (inside ? "lies inside " : "contains what ") + taken.id +
         (inside ? "" : " measures");
}

}  // namespace

bool overlap(const SensorInfo& a, const SensorInfo& b) {
  return std::any_of(a.parts.begin(), a.parts.end(), [&](const std::string& part) {
    return std::any_of(b.parts.begin(), b.parts.end(), [&](const std::string& other) {
      return covers(part, other) || covers(other, part);
    });
  });
}

SensorChoice choose_sensors(std::vector<std::unique_ptr<EnergySensor>> best_first) {
  SensorChoice choice;
  for (auto& sensor : best_first) {
    const auto in_the_way =
        std::find_if(choice.taken.begin(), choice.taken.end(),
                     [&](const auto& other) { return overlap(sensor->info(), other->info()); });
    if (in_the_way == choice.taken.end()) {
      choice.taken.push_back(std::move(sensor));
    } else {
      choice.left_out.push_back(reason(sensor->info(), (*in_the_way)->info()));
    }
  }
  return choice;
}

}  // namespace greentrain
