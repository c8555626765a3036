#include "meter/command_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/format.h"
#include "meter/job_share.h"
#include "meter/mean_interval.h"

namespace greentrain {
namespace {

Energy scaled(Energy energy, double factor) {
  energy.joules = energy.joules * factor;
  energy.lo = energy.lo * factor;
  energy.hi = energy.hi * factor;
  energy.quality = std::max(energy.quality, Quality::Estimated);
  return energy;
}

std::string figure(const Energy& energy) {
  if (energy.quality == Quality::Unmeasured) return "unmeasured";
  return fmt::format("{} ({})", format_joules(energy.joules),
                     format_interval(energy.lo, energy.hi));
}

void line(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("  {:<28} {}\n", name, value);
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

void add_run(std::string& text, const CommandReport& report, const CommandRun& run) {
  const Energy& total = run.energy.total;
  const bool measured = total.quality != Quality::Unmeasured;
  text += fmt::format(
      "greenmeter: {}{} in {}{}\n", report.label.empty() ? "" : report.label + ": ", figure(total),
      format_duration(run.time),
      measured && run.time > Seconds(0)
          ? ", " + format_watts(total.joules / run.time) + ", " + to_string(total.quality)
          : "");
  for (const EnergyComponent& part : run.energy.components) {
    line(text, part.sensor, figure(part.energy) + ", " + part.device);
  }
  if (run.share) {
    line(text, "of the CPUs, this command",
         figure(run.share->energy) + ", estimated from its " +
             format_percent(run.share->of_cpu_time) + " of the CPU time");
  }
  if (run.energy.job) {
    line(text, "of the node, this job", figure(run.energy.job->energy) + ", estimated");
  }
  line(text, "above idle",
       run.above_idle ? figure(*run.above_idle)
                      : "unknown; run `greenmeter calibrate` while the machine idles");
  if (report.wall_ratio && measured) {
    line(text, "at the plug, about", format_joules(total.joules * *report.wall_ratio));
  }
  if (total.covered_fraction < 1 && measured) {
    line(text, "covered", format_percent(total.covered_fraction) + " of the time");
  }
}

nlohmann::json energy_json(const Energy& energy) {
  return {{"joules", energy.joules.value},
          {"joules_lo", energy.lo.value},
          {"joules_hi", energy.hi.value},
          {"quality", to_string(energy.quality)}};
}

nlohmann::json run_json(const CommandRun& run) {
  nlohmann::json object{{"exit_code", run.exit_code},
                        {"time_s", run.time.count()},
                        {"energy", to_json(run.energy)},
                        {"share", nullptr},
                        {"above_idle", nullptr}};
  for (const std::string& note : run.notes) object["energy"]["notes"].push_back(note);
  if (run.share) {
    object["share"] = energy_json(run.share->energy);
    object["share"]["of_cpu_time"] = run.share->of_cpu_time;
  }
  if (run.above_idle) object["above_idle"] = energy_json(*run.above_idle);
  return object;
}

}  // namespace

std::optional<TreeShare> tree_share(const EnergyReport& report, std::optional<Seconds> of_tree,
                                    std::optional<Seconds> of_machine) {
  if (!of_tree || !of_machine || *of_machine <= Seconds(0)) return std::nullopt;
  std::vector<Energy> parts;
  for (const EnergyComponent& part : report.components) {
    if (of_cpu(part) && part.energy.quality != Quality::Unmeasured) parts.push_back(part.energy);
  }
  if (parts.empty()) return std::nullopt;
  TreeShare share;
  // The machine's time comes in ticks of 10 ms, the tree's does not: it may seem to have more.
  share.of_cpu_time = std::clamp(*of_tree / *of_machine, 0.0, 1.0);
  share.energy = scaled(sum(parts), share.of_cpu_time);
  return share;
}

std::optional<RepeatStatistics> statistics_of(const std::vector<CommandRun>& runs) {
  if (runs.size() < 2) return std::nullopt;
  std::vector<double> joules;
  Seconds mean_time{0};
  for (const CommandRun& run : runs) {
    if (run.energy.total.quality == Quality::Unmeasured) return std::nullopt;
    joules.push_back(run.energy.total.joules.value);
    mean_time += run.time / static_cast<double>(runs.size());
  }
  const MeanInterval mean = mean_interval(joules);
  return RepeatStatistics{{mean.mean}, {std::max(0.0, mean.lo)}, {mean.hi}, mean_time};
}

nlohmann::json to_json(const CommandReport& report) {
  nlohmann::json object = run_json(report.runs.back());
  object["schema_version"] = 1;
  object["label"] = report.label;
  object["command"] = report.command;
  object["started_at"] = report.started_at;
  object["repeats"] = nullptr;
  if (const auto statistics = statistics_of(report.runs)) {
    nlohmann::json runs = nlohmann::json::array();
    for (const CommandRun& run : report.runs) runs.push_back(run_json(run));
    object["repeats"] = {{"mean_joules", statistics->mean.value},
                         {"mean_joules_lo", statistics->mean_lo.value},
                         {"mean_joules_hi", statistics->mean_hi.value},
                         {"mean_time_s", statistics->mean_time.count()},
                         {"runs", runs}};
  }
  return object;
}

std::string to_text(const CommandReport& report) {
  std::string text;
  for (const CommandRun& run : report.runs) add_run(text, report, run);
  if (const auto statistics = statistics_of(report.runs)) {
    text += fmt::format("greenmeter: mean of {} runs {}, 95 % confidence {}, {} each\n",
                        report.runs.size(), format_joules(statistics->mean),
                        format_interval(statistics->mean_lo, statistics->mean_hi),
                        format_duration(statistics->mean_time));
  }
  const CommandRun& last = report.runs.back();
  line(text, "not included", joined(last.energy.excludes));
  for (const std::string& note : last.energy.notes) line(text, "note", note);
  for (const std::string& note : last.notes) line(text, "note", note);
  return text;
}

}  // namespace greentrain
