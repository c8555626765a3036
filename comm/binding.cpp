#include "comm/binding.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace greentrain {
namespace {

std::string count(int number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

CpuSet all_of(const std::vector<CpuSet>& rank_cpus) {
  CpuSet all;
  for (const CpuSet& cpus : rank_cpus) all.insert(cpus.begin(), cpus.end());
  return all;
}

/// Cores for one rank when each logical CPU is divided among the ranks that may run on it.
double share_of(const CpuFacts& facts, const std::vector<CpuSet>& rank_cpus, const CpuSet& own) {
  double logical_cpus = 0;
  for (const int cpu : own) {
    logical_cpus += 1.0 / static_cast<double>(std::count_if(
                              rank_cpus.begin(), rank_cpus.end(),
                              [cpu](const CpuSet& cpus) { return cpus.count(cpu) > 0; }));
  }
  const double threads_per_core = static_cast<double>(own.size()) / facts.cores(own);
  return logical_cpus / threads_per_core;
}

int whole_cores(double share) {
  constexpr double kRounding = 1e-6;  // Shares are sums of fractions such as 1/3.
  return std::max(1, static_cast<int>(std::floor(share + kRounding)));
}

/// What mpirun did to waste cores, as a clause.
std::string what_mpirun_did(const CpuFacts& facts, const std::vector<CpuSet>& rank_cpus) {
  const bool one_core_each =
      std::all_of(rank_cpus.begin(), rank_cpus.end(),
                  [&](const CpuSet& cpus) { return facts.cores(cpus) == 1; });
  if (!one_core_each) return "mpirun bound the ranks to a part of them";
  const char* what = rank_cpus.size() == 1 ? "its rank" : "each rank";
  const char* reason = rank_cpus.size() <= 2 ? ", as it does by default for one or two ranks" : "";
  return fmt::format("mpirun bound {} to one core{}", what, reason);
}

std::optional<std::string> warn_of_lost_cores(const CpuFacts& facts,
                                              const std::vector<CpuSet>& rank_cpus,
                                              const LaunchInfo& launch) {
  const int used = facts.cores(all_of(rank_cpus));
  const int available = facts.cores(facts.launcher_allowed);
  if (launch.launcher != "mpirun" || used >= available) return std::nullopt;
  const int each = std::max(1, available / static_cast<int>(rank_cpus.size()));
  return fmt::format(
      "{} of {} used: {}; start with `mpirun --bind-to none` or `mpirun --map-by slot:PE={}` to "
      "use all",
      used, count(available, "core"), what_mpirun_did(facts, rank_cpus), each);
}

}  // namespace

Binding choose_binding(const CpuFacts& facts, const std::vector<CpuSet>& rank_cpus,
                       const LaunchInfo& launch, int requested) {
  const CpuSet& own = rank_cpus[static_cast<std::size_t>(launch.local_rank)];
  const int ranks = static_cast<int>(rank_cpus.size());
  const int share = whole_cores(share_of(facts, rank_cpus, own));
  const int granted = facts.limit ? whole_cores(*facts.limit / ranks) : share;

  Binding binding;
  binding.threads = requested > 0 ? requested : std::min(share, granted);
  binding.summary =
      fmt::format("{} on {}", count(binding.threads, "thread") + (ranks > 1 ? " a rank" : ""),
                  count(facts.cores(all_of(rank_cpus)), "core"));
  if (granted < share) {
    binding.summary += fmt::format(", of which the container may use {:.3g}", *facts.limit);
  }
  if (requested > 0) binding.summary += ", as comm.threads says";
  if (facts.cores(all_of(rank_cpus)) < ranks) {
    binding.summary += fmt::format(", shared by {} ranks", ranks);
  }
  binding.warning = warn_of_lost_cores(facts, rank_cpus, launch);
  return binding;
}

Binding find_binding(Communicator& node, const CpuFacts& facts, const LaunchInfo& launch,
                     int requested) {
  std::vector<CpuSet> rank_cpus;
  for (const std::string& cpus : all_gather_text(node, to_text(facts.allowed))) {
    rank_cpus.push_back(parse_cpu_set(cpus));
  }
  return choose_binding(facts, rank_cpus, launch, requested);
}

}  // namespace greentrain
