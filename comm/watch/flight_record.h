#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "comm/watch/diagnosis.h"
#include "core/clock.h"

namespace greentrain {

/// Everything that is known when a run is given up: written for those who look later.
struct FlightRecord {
  Diagnosis diagnosis;
  WatchedNode node;
  std::vector<std::vector<Beat>> histories;  ///< By place in node.ranks; oldest beat first.
  WatchLimits limits;
  Clock::Instant now;
  std::chrono::system_clock::time_point date;
  int written_by{0};  ///< Rank.
};

/// JSON as docs/launching.md lists it; times in seconds before the record.
std::string to_json(const FlightRecord& record);

}  // namespace greentrain
