#include "meter/cpu_time.h"

#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "meter/small_file.h"

namespace greentrain {
namespace {

Seconds ticks(double count) { return Seconds(count / static_cast<double>(sysconf(_SC_CLK_TCK))); }

struct ProcessTimes {
  pid_t parent;
  Seconds cpu_time;
};

/// /proc/PID/stat, see proc(5): after the name in parentheses come state, parent, and as the 14th
/// to 17th field the times of the process and of the children that it has waited for.
std::optional<ProcessTimes> read_process(const std::filesystem::path& folder) {
  const auto text = read_small_file(folder / "stat");
  if (!text || text->rfind(')') == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(text->rfind(')') + 1));
  std::string state, skipped;
  pid_t parent = 0;
  fields >> state >> parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0, user_of_children = 0, system_of_children = 0;
  if (!(fields >> user >> system >> user_of_children >> system_of_children)) return std::nullopt;
  return ProcessTimes{parent, ticks(user + system + user_of_children + system_of_children)};
}

}  // namespace

std::optional<Seconds> machine_busy_time(const std::filesystem::path& proc) {
  std::istringstream words(read_small_file(proc / "stat").value_or(""));
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0;
  if (!(words >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> softirq)) {
    return std::nullopt;
  }
  if (cpu != "cpu") return std::nullopt;
  return ticks(user + nice + system + irq + softirq);
}

std::optional<Seconds> tree_cpu_time(const std::filesystem::path& proc, pid_t process) {
  std::multimap<pid_t, std::pair<pid_t, Seconds>> by_parent;
  const auto root = read_process(proc / std::to_string(process));
  if (!root) return std::nullopt;
  for (const std::filesystem::path& entry : list_folder(proc)) {
    const std::string name = entry.filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto one = read_process(entry)) {
      by_parent.emplace(one->parent, std::pair{static_cast<pid_t>(std::stol(name)), one->cpu_time});
    }
  }
  Seconds total = root->cpu_time;
  for (std::vector<pid_t> open{process}; !open.empty();) {
    const auto [first, last] = by_parent.equal_range(open.back());
    open.pop_back();
    for (auto child = first; child != last; ++child) {
      open.push_back(child->second.first);
      total += child->second.second;
    }
  }
  return total;
}

}  // namespace greentrain
