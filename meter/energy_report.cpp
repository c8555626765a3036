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

/// Of several nodes, or of parts in time. Known only where each of them knows.
std::optional<JobShare> sum_of_jobs(const std::vector<EnergyReport>& reports) {
  JobShare whole;
  std::vector<Energy> parts;
  std::vector<Energy> idle;
  for (const EnergyReport& report : reports) {
    if (!report.job) return std::nullopt;
    whole.cpu_time += report.job->cpu_time;
    whole.machine_cpu_time += report.job->machine_cpu_time;
    for (const std::string& gpu : report.job->gpus) add_once(whole.gpus, gpu);
    parts.push_back(report.job->energy);
    if (report.job->idle) idle.push_back(*report.job->idle);
  }
  if (parts.empty()) return std::nullopt;
  whole.energy = sum(parts);
  if (idle.size() == parts.size()) whole.idle = sum(idle);
  return whole;
}

void add_component(std::vector<EnergyComponent>& components, const EnergyComponent& next) {
  const auto found = std::find_if(components.begin(), components.end(), [&](const auto& other) {
    return other.node == next.node && other.sensor == next.sensor;
  });
  if (found == components.end()) {
    components.push_back(next);
    return;
  }
  found->lost_readings += next.lost_readings;
  found->counter_over_integral = next.counter_over_integral;  // The latest one.
  if (next.energy.quality == Quality::Unmeasured) return;
  const bool first = found->energy.quality == Quality::Unmeasured;
  found->energy = first ? next.energy : sum({found->energy, next.energy});
}

}  // namespace

EnergyReport in_sequence(const std::vector<TimedReport>& parts) {
  std::vector<EnergyReport> with_figures;
  Seconds covered{0};
  Seconds time{0};
  for (const TimedReport& part : parts) {
    time += part.time;
    if (!measured(part.report)) continue;
    covered += part.time * part.report.total.covered_fraction;
    with_figures.push_back(part.report);
  }
  EnergyReport whole = merge(with_figures);
  std::vector<EnergyComponent> components;
  for (const EnergyComponent& part : whole.components) add_component(components, part);
  whole.components = std::move(components);
  if (time > Seconds(0)) whole.total.covered_fraction = std::min(1.0, covered / time);
  if (with_figures.size() < parts.size()) {
    add_once(whole.excludes, std::to_string(parts.size() - with_figures.size()) + " of " +
                                 std::to_string(parts.size()) +
                                 " parts of the run in time (unmeasured)");
  }
  return whole;
}

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
  merged.job = sum_of_jobs(nodes);
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
