#include "comm/cpus.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

constexpr int kMostCpus = 8192;  ///< The kernel's own limit (NR_CPUS).

std::optional<std::string> first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

int parse_cpu(std::string_view text, const std::string& list) {
  int cpu = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc() || end != text.data() + text.size() || cpu < 0 || cpu >= kMostCpus) {
    throw Error(fmt::format("\"{}\": expected CPU numbers like 0-3,8", list));
  }
  return cpu;
}

CpuSet affinity_of(pid_t process) {
  cpu_set_t* mask = CPU_ALLOC(kMostCpus);
  const std::size_t bytes = CPU_ALLOC_SIZE(kMostCpus);
  CpuSet cpus;
  if (sched_getaffinity(process, bytes, mask) == 0) {
    for (int cpu = 0; cpu < kMostCpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, mask)) cpus.insert(cpu);
    }
  }
  CPU_FREE(mask);
  return cpus;
}

std::map<int, std::string> read_cores(const fs::path& root, const CpuSet& allowed) {
  const fs::path folder = root / "sys/devices/system/cpu";
  const CpuSet online = parse_cpu_set(first_line(folder / "online").value_or(to_text(allowed)));
  std::map<int, std::string> core_of;
  for (const int cpu : online) {
    const fs::path topology = folder / fmt::format("cpu{}", cpu) / "topology";
    const auto socket = first_line(topology / "physical_package_id");
    const auto core = first_line(topology / "core_id");
    core_of[cpu] = socket && core ? *socket + ":" + *core : fmt::format("cpu{}", cpu);
  }
  return core_of;
}

/// The limit of one control group: quota per period, if it has one.
std::optional<double> limit_of(const fs::path& group) {
  double quota = -1;
  double period = 0;
  if (const auto line = first_line(group / "cpu.max")) {  // "max 100000" is no limit.
    std::istringstream(*line) >> quota >> period;
  } else if (const auto text = first_line(group / "cpu.cfs_quota_us")) {  // -1 is no limit.
    std::istringstream(*text) >> quota;
    std::istringstream(first_line(group / "cpu.cfs_period_us").value_or("")) >> period;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// The tightest limit from the group up to the root of its tree. In a container the path that
/// /proc names may not be visible, and its own limits are at the root.
std::optional<double> tightest_limit(const fs::path& tree, fs::path group) {
  std::optional<double> tightest;
  for (bool at_root = false; !at_root; group = group.parent_path()) {
    at_root = group.empty();
    const auto limit = limit_of(tree / group);
    if (limit && (!tightest || *limit < *tightest)) tightest = limit;
  }
  return tightest;
}

std::optional<double> read_limit(const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");  // "0::/a/b" or "1:cpu,cpuacct:/a/b"
  std::optional<double> limit;
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = fs::path(line.substr(second + 1)).relative_path();
    const bool version_1 = ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!version_1 && !controllers.empty()) continue;
    const fs::path tree = root / "sys/fs/cgroup" / (version_1 ? controllers : "");
    const auto found = tightest_limit(tree, group);
    if (found && (!limit || *found < *limit)) limit = found;
  }
  return limit;
}

}  // namespace

std::string to_text(const CpuSet& cpus) {
  std::string text;
  for (auto begin = cpus.begin(); begin != cpus.end();) {
    auto end = begin;
    int last = *begin;
    while (++end != cpus.end() && *end == last + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == *begin ? fmt::format("{}", last) : fmt::format("{}-{}", *begin, last);
    begin = end;
  }
  return text;
}

CpuSet parse_cpu_set(const std::string& text) {
  CpuSet cpus;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    const std::string_view view = item;
    const std::size_t dash = view.find('-');
    const int first = parse_cpu(view.substr(0, dash), text);
    const int last = dash == view.npos ? first : parse_cpu(view.substr(dash + 1), text);
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
  }
  return cpus;
}

int CpuFacts::cores(const CpuSet& cpus) const {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const auto core = core_of.find(cpu);
    cores.insert(core != core_of.end() ? core->second : fmt::format("cpu{}", cpu));
  }
  return static_cast<int>(cores.size());
}

CpuFacts read_cpu_facts(const fs::path& root) {
  CpuFacts facts;
  facts.allowed = affinity_of(0);
  facts.launcher_allowed = affinity_of(getppid());
  facts.core_of = read_cores(root, facts.allowed);
  facts.limit = read_limit(root);
  return facts;
}

}  // namespace greentrain
