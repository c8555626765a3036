#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comm/watch/heartbeat.h"
#include "comm/watch/process.h"
#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// How long ranks may wait for one that is silent.
struct WatchLimits {
  Seconds first_step{300};  ///< While some rank is in a slow phase or has not done a step.
  Seconds step{60};         ///< Else.
};

/// What a phase, numbered by its place in a list, means for who waits for whom. Phases of a step
/// have ascending numbers.
struct WatchedPhase {
  std::string name;
  bool waits{false};  ///< It is spent waiting for other ranks.
  bool slow{false};   ///< Others may have to wait long for it, as for the writing of a file.
};

/// One rank of the node, as seen at one instant.
struct RankCondition {
  Pulse pulse;
  ProcessState process{ProcessState::Runs};
};

enum class Trouble {
  Lost,  ///< A process is gone.
  Hang,  ///< Ranks wait, and nothing has happened for too long.
};

/// What is wrong, and whose fault it is as far as this node can know.
struct Diagnosis {
  Trouble trouble;
  std::vector<int> culprits;  ///< Ranks; empty when they must be on another host.
  std::string finding;        ///< Sentences for people.
};

/// What diagnose() looks at. Plain data.
struct WatchedNode {
  std::vector<RankCondition> ranks;
  std::vector<WatchedPhase> phases;
  std::string host;
  std::string others;  ///< "ranks 2-3 (node8)"; empty when all ranks are on this node.
};

bool waits(const WatchedNode& node, const RankCondition& rank);

/// Looks for a process that is gone, then for a hang: at least one rank waits, and every rank has
/// been silent past the limit. Time before `watching_since` does not count: then the watching rank
/// did not run itself. When no rank of this node is late, hosts with late ones get a tenth of the
/// limit longer to say so.
std::optional<Diagnosis> diagnose(const WatchedNode& node, const WatchLimits& limits,
                                  Clock::Instant now, Clock::Instant watching_since);

/// A line for each rank of the node, the culprits marked; ends without a newline.
std::string table(const WatchedNode& node, const std::vector<int>& culprits, Clock::Instant now);

}  // namespace greentrain
