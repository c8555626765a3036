#include "meter/energy_report.h"

#include <algorithm>

namespace greentrain {
namespace {

bool measured(const EnergyReport& report) { return report.total.quality != Quality::Unmeasured; }

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

/// A note that all nodes share stands alone; any other one carries its node's name.
std::string note_of_node(const std::string& note, const EnergyReport& node,
                         const std::vector<EnergyReport>& nodes) {
  const bool shared = std::all_of(nodes.begin(), nodes.end(), [&](const EnergyReport& other) {
    return std::find(other.notes.begin(), other.notes.end(), note) != other.notes.end();
  });
  if (shared || node.components.empty()) return note;
  return node.components.front().node + ": " + note;
}

void add_phase(std::vector<PhaseEnergy>& phases, const PhaseEnergy& phase) {
  const auto same = [&](const PhaseEnergy& other) { return other.phase == phase.phase; };
  const auto found = std::find_if(phases.begin(), phases.end(), same);
  if (found == phases.end()) {
    phases.push_back(phase);
  } else {
    found->time += phase.time;
    found->joules += phase.joules;
  }
}

}  // namespace

EnergyReport merge(const std::vector<EnergyReport>& nodes) {
  EnergyReport merged;
  std::vector<Energy> totals;
  for (const EnergyReport& node : nodes) {
    if (measured(node)) totals.push_back(node.total);
    merged.components.insert(merged.components.end(), node.components.begin(),
                             node.components.end());
    for (const PhaseEnergy& phase : node.phases) add_phase(merged.phases, phase);
    for (const std::string& item : node.excludes) add_once(merged.excludes, item);
    for (const std::string& item : node.left_out) add_once(merged.left_out, item);
    for (const std::string& note : node.notes) {
      add_once(merged.notes, note_of_node(note, node, nodes));
    }
  }
  if (!totals.empty() && totals.size() < nodes.size()) {
    add_once(merged.excludes, std::to_string(nodes.size() - totals.size()) + " of " +
                                  std::to_string(nodes.size()) + " nodes (unmeasured)");
  }
  merged.total = sum(totals);
  make_total_the_sum_of_phases(merged);
  return merged;
}

void make_total_the_sum_of_phases(EnergyReport& report) {
  if (report.phases.empty() || !measured(report)) return;
  Joules total;
  for (const PhaseEnergy& phase : report.phases) total += phase.joules;
  report.total.joules = total;
  report.total.lo = std::min(report.total.lo, total);
  report.total.hi = std::max(report.total.hi, total);
}

}  // namespace greentrain
