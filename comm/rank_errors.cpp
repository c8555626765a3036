#include "comm/rank_errors.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "comm/cpus.h"
#include "comm/launch.h"

namespace greentrain {
namespace {

// A rank that has not failed sends nothing; one that has sends its host, this, and its text.
constexpr char kSeparator = '\n';

std::string describe_group(const std::vector<RankFailure>& group) {
  std::set<int> ranks;
  std::set<std::string> hosts;
  for (const RankFailure& failure : group) {
    ranks.insert(failure.rank);
    hosts.insert(failure.host);
  }
  return fmt::format("{} {} ({}): {}", ranks.size() == 1 ? "rank" : "ranks", to_text(ranks),
                     fmt::join(hosts, ", "), group.front().text);
}

}  // namespace

std::string describe_failures(const std::vector<RankFailure>& failures, int ranks) {
  if (ranks == 1) return failures.front().text;
  std::vector<std::vector<RankFailure>> groups;
  for (const RankFailure& failure : failures) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return group.front().text == failure.text;
    });
    if (same == groups.end()) {
      groups.push_back({failure});
    } else {
      same->push_back(failure);
    }
  }
  std::vector<std::string> lines;
  for (const auto& group : groups) lines.push_back(describe_group(group));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void throw_if_any_failed(Communicator& comm, const std::optional<std::string>& my_error,
                         ExitCode code) {
  const auto said = all_gather_text(comm, my_error ? host_name() + kSeparator + *my_error : "");
  std::vector<RankFailure> failures;
  for (std::size_t rank = 0; rank < said.size(); ++rank) {
    const std::size_t host_end = said[rank].find(kSeparator);
    if (host_end == std::string::npos) continue;
    failures.push_back(
        {static_cast<int>(rank), said[rank].substr(0, host_end), said[rank].substr(host_end + 1)});
  }
  if (!failures.empty()) throw SharedError(describe_failures(failures, comm.size()), code);
}

}  // namespace greentrain
