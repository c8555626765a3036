#include "comm/watch/diagnosis.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "comm/cpus.h"

namespace greentrain {
namespace {

using Ranks = std::vector<RankCondition>;

const WatchedPhase& phase_of(const WatchedNode& node, const RankCondition& rank) {
  return node.phases.at(rank.pulse.last.phase);
}

Seconds silence(const RankCondition& rank, Clock::Instant now, Clock::Instant since) {
  return now - std::max(rank.pulse.last.time, since);
}

template <class Condition>
Ranks those(const WatchedNode& node, Condition condition) {
  Ranks result;
  std::copy_if(node.ranks.begin(), node.ranks.end(), std::back_inserter(result), condition);
  return result;
}

std::vector<int> numbers(const Ranks& ranks) {
  std::vector<int> result;
  for (const RankCondition& rank : ranks) result.push_back(rank.pulse.rank);
  return result;
}

// "rank 1", "ranks 0, 2-5".
std::string names(const Ranks& ranks) {
  const auto all = numbers(ranks);
  return fmt::format("{} {}", all.size() == 1 ? "rank" : "ranks",
                     to_text(std::set<int>(all.begin(), all.end())));
}

std::string processes(const Ranks& ranks) {
  std::string result;
  for (const RankCondition& rank : ranks) {
    result += fmt::format("{}{}", result.empty() ? "" : " ", rank.pulse.process.pid);
  }
  return result;
}

// "rank 1 (node7, pid 4242)".
std::string full_names(const WatchedNode& node, const Ranks& ranks) {
  return fmt::format("{} ({}, pid {})", names(ranks), node.host, processes(ranks));
}

// "waits in all_reduce 12", "computes"; in the past tense for a process that is gone.
std::string doing(const WatchedNode& node, const RankCondition& rank) {
  const Beat& beat = rank.pulse.last;
  if (rank.pulse.left) return "has left";
  const bool gone = rank.process == ProcessState::Gone;
  if (beat.operation == Operation::None) {
    if (phase_of(node, rank).waits) return gone ? "waited" : "waits";
    return gone ? "computed" : "computes";
  }
  return fmt::format("{} in {} {}", gone ? "waited" : "waits", to_string(beat.operation),
                     beat.operation == Operation::Bucket ? beat.bucket : beat.number);
}

Diagnosis lost(const WatchedNode& node, const Ranks& gone) {
  const RankCondition& first = gone.front();
  return {Trouble::Lost, numbers(gone),
          fmt::format("{} {} gone: the process ended after step {}, in phase {}, without a word. "
                      "The launcher's exit code says how; 137 is SIGKILL, often for want of "
                      "memory.",
                      full_names(node, gone), gone.size() == 1 ? "is" : "are",
                      first.pulse.last.step, phase_of(node, first).name)};
}

// "ranks 0, 2 have waited longer than 60 s".
std::string have_waited(const Ranks& waiting, Seconds limit) {
  return fmt::format("{} {} waited longer than {:.3g} s", names(waiting),
                     waiting.size() == 1 ? "has" : "have", limit.count());
}

Diagnosis hang_for(const WatchedNode& node, const Ranks& late, Seconds limit, const char* option) {
  const bool stopped = std::all_of(late.begin(), late.end(), [](const RankCondition& rank) {
    return rank.process == ProcessState::Stopped;
  });
  const std::string reason =
      stopped ? fmt::format("stopped by a signal or a debugger; `kill -CONT {}` lets it go on",
                            processes(late))
              : fmt::format("silent since then; raise {} if it only needs longer", option);
  const std::vector<int> accused = numbers(late);
  const Ranks others = those(node, [&](const RankCondition& rank) {
    return waits(node, rank) &&
           std::find(accused.begin(), accused.end(), rank.pulse.rank) == accused.end();
  });
  return {
      Trouble::Hang, accused,
      fmt::format("{} for {}, {}.", have_waited(others, limit), full_names(node, late), reason)};
}

Diagnosis hang_elsewhere(const WatchedNode& node, const Ranks& waiting, Seconds limit,
                         const char* option) {
  const std::string where =
      node.others.empty()
          ? std::string("All ranks of the run wait for each other: MPI or its network hangs.")
          : fmt::format("No rank of {} is late, so {} or the network must be.", node.host,
                        node.others);
  return {Trouble::Hang,
          {},
          fmt::format("{}. {} Raise {} if they only need longer.", have_waited(waiting, limit),
                      where, option)};
}

// How far a rank has come.
auto place(const RankCondition& rank) {
  const Beat& beat = rank.pulse.last;
  return std::tuple(beat.step, beat.number, beat.phase);
}

// Ranks that do not wait; else, when there are no ranks elsewhere to wait for, those that wait at
// an earlier place than others.
Ranks late_ones(const WatchedNode& node) {
  Ranks late = those(node, [&](const RankCondition& rank) { return !waits(node, rank); });
  if (!late.empty() || !node.others.empty()) return late;
  const auto furthest = std::max_element(
      node.ranks.begin(), node.ranks.end(),
      [](const RankCondition& a, const RankCondition& b) { return place(a) < place(b); });
  return those(node, [&](const RankCondition& rank) { return place(rank) < place(*furthest); });
}

}  // namespace

bool waits(const WatchedNode& node, const RankCondition& rank) {
  return rank.process == ProcessState::Runs && !rank.pulse.left &&
         (rank.pulse.last.operation != Operation::None || phase_of(node, rank).waits);
}

std::optional<Diagnosis> diagnose(const WatchedNode& node, const WatchLimits& limits,
                                  Clock::Instant now, Clock::Instant watching_since) {
  const Ranks gone = those(node, [](const RankCondition& rank) {
    return rank.process == ProcessState::Gone && !rank.pulse.left;
  });
  if (!gone.empty()) return lost(node, gone);

  const Ranks waiting = those(node, [&](const RankCondition& rank) { return waits(node, rank); });
  if (waiting.empty()) return std::nullopt;
  const bool slow = std::any_of(node.ranks.begin(), node.ranks.end(), [&](const auto& rank) {
    return phase_of(node, rank).slow || rank.pulse.last.step == 0;
  });
  const Seconds limit = slow ? limits.first_step : limits.step;
  const char* option = slow ? "comm.first_step_timeout" : "comm.timeout";
  Seconds shortest = Seconds::max();
  for (const RankCondition& rank : node.ranks) {
    if (!rank.pulse.left) shortest = std::min(shortest, silence(rank, now, watching_since));
  }
  if (shortest <= limit) return std::nullopt;

  const Ranks late = late_ones(node);
  if (!late.empty()) return hang_for(node, late, limit, option);
  if (shortest <= limit * 1.1) return std::nullopt;
  return hang_elsewhere(node, waiting, limit, option);
}

std::string table(const WatchedNode& node, const std::vector<int>& culprits, Clock::Instant now) {
  constexpr auto kRow = "{:>4}  {:>8}  {:8}  {:>8}  {:10}  {:24}  {:>8}{}";
  std::string text = fmt::format(fmt::runtime(kRow), "rank", "pid", "process", "step", "phase",
                                 "doing", "silent", "");
  for (const RankCondition& rank : node.ranks) {
    const Pulse& pulse = rank.pulse;
    const bool marked = std::find(culprits.begin(), culprits.end(), pulse.rank) != culprits.end();
    text += "\n" + fmt::format(fmt::runtime(kRow), pulse.rank, pulse.process.pid,
                               to_string(rank.process), pulse.last.step, phase_of(node, rank).name,
                               doing(node, rank),
                               fmt::format("{:.1f} s", Seconds(now - pulse.last.time).count()),
                               marked ? "  <--" : "");
  }
  return text;
}

}  // namespace greentrain
