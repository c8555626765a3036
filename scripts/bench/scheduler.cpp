// Run by scheduler.sh: times the planner, bounds its gap, and compares it with simple policies.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <iostream>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "scheduler/carbon/feeds/series_file.h"
#include "scheduler/plan/baselines.h"
#include "scheduler/plan/cluster_planner.h"
#include "scheduler/plan/exact_planner.h"
#include "scheduler/plan/levels.h"
#include "scheduler/plan/plan_files.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

using Slot = std::chrono::duration<std::int64_t, std::ratio<900>>;
constexpr std::chrono::seconds kSlot = Slot{1};
constexpr Seconds kStartup = 10min;
constexpr Seconds kShort = 2h;        ///< Shorter jobs have 6 h of slack, longer ones 24 h.
constexpr std::size_t kPerSlot = 16;  ///< Cells: those that ExactPlanner takes by default.
constexpr std::size_t kFinest = 1024;
constexpr int kStartHour = 3000;      ///< Of the year, at which the trace starts for RESULT.
constexpr std::size_t kSample = 200;  ///< Jobs for which the gap is measured.

/// Of this process, which has one thread: others on the core do not count.
double cpu_seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

GridSize grid_of(std::size_t per_slot) { return {per_slot, 16 * per_slot, 256 * per_slot}; }

void result(const std::string& name, double value, const char* unit) {
  fmt::print("RESULT {}={:.4g} {}\n", name, value, unit);
}

/// A year of half-hours with seasons, days and weather.
CarbonSeries generated_series() {
  CarbonSeriesFields fields;
  fields.signal = {"GEN", SignalKind::Average, EmissionBasis::Unstated, "generated"};
  fields.start = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};
  fields.step = 30min;
  std::mt19937 random(1);
  std::normal_distribution<double> change;
  double weather = 0;
  for (int slot = 0; slot < 365 * 48; ++slot) {
    const double day = slot / 48.0;
    const double hour = (slot % 48) / 2.0;
    const double sun = std::max(0.0, std::cos((hour - 12.5) / 12 * std::acos(-1.0))) *
                       (1 - 0.5 * std::cos(day / 365 * 2 * std::acos(-1.0)));
    weather = 0.99 * weather + 9 * change(random);
    fields.values.push_back(GramsPerKwh{std::clamp(330 - 110 * sun + weather, 60.0, 650.0)});
  }
  return CarbonSeries(std::move(fields));
}

/// 1,000 jobs over a week, most of them short, some of days.
std::vector<TraceJob> generated_jobs() {
  std::mt19937 random(2);
  std::lognormal_distribution<double> length(std::log(2600.0), 1.5);
  std::uniform_real_distribution<double> arrival(0, 7 * 86400.0);
  std::discrete_distribution<int> nodes({0, 85, 10, 0, 5});
  std::vector<TraceJob> jobs;
  for (int job = 0; job < 1000; ++job) {
    jobs.push_back({Seconds{arrival(random)}, Seconds{std::clamp(length(random), 300.0, 215000.0)},
                    nodes(random)});
  }
  return jobs;
}

CarbonSeries series_of(const std::string& file, const std::string& zone) {
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto answer = parse_series_file({"file", file}, {zone, {}, now}, read_file(file));
  if (answer.series.empty()) throw UsageError(file + ": no series in it");
  return answer.series.front();
}

struct Case {
  Job job;
  std::vector<PlanSlot> slots;
};

/// The trace in a week of the series; jobs that a gap of the series touches are left out.
std::vector<Case> cases_at(const CarbonSeries& series, const std::vector<TraceJob>& trace,
                           UtcTime start, std::chrono::seconds slot = kSlot) {
  std::vector<Case> cases;
  for (const TraceJob& row : trace) {
    Case one;
    one.job.id = std::to_string(cases.size());
    one.job.release = start + std::chrono::round<std::chrono::seconds>(row.arrival);
    one.job.work = row.length;
    one.job.startup = kStartup;
    const auto slack = row.length < kShort ? 6h : 24h;
    // Deadlines lie on the slots' grid: at the end of the slot in which the slack is used up.
    one.job.deadline = std::chrono::ceil<Slot>(
        one.job.release + std::chrono::ceil<std::chrono::seconds>(kStartup + row.length + slack));
    one.job.levels = cap_levels(assumed_cap_curve(), Watts{1000.0 * row.nodes}, row.nodes);
    if (!series.mean(one.job.release, one.job.deadline)) continue;
    one.slots = make_slots(one.job.release, one.job.deadline, slot,
                           [&](UtcTime from, UtcTime to) { return series.mean(from, to); });
    cases.push_back(std::move(one));
  }
  return cases;
}

/// Where the trace starts for RESULT: at a fixed hour of the year, or as late as a shorter series
/// lets it.
UtcTime trace_start(const CarbonSeries& series, const std::vector<TraceJob>& trace) {
  Seconds last{0};
  for (const TraceJob& row : trace) last = std::max(last, row.arrival + row.length + 2 * 24h);
  const UtcTime latest = series.end() - std::chrono::ceil<std::chrono::hours>(last);
  return std::max(series.start(), std::min(series.start() + kStartHour * 1h, latest));
}

std::vector<Case> cases_for_result(const CarbonSeries& series, const std::vector<TraceJob>& trace,
                                   std::chrono::seconds slot = kSlot) {
  auto cases = cases_at(series, trace, trace_start(series, trace), slot);
  if (10 * cases.size() < 9 * trace.size()) {
    throw UsageError(fmt::format("{}: only {} of {} jobs lie in hours whose intensity is known",
                                 series.signal().zone, cases.size(), trace.size()));
  }
  return cases;
}

/// Time and gap of the planner over its number of cells, against the certified bound of the grid
/// with kFinest cells a slot.
void show_frontier(const std::vector<Case>& cases) {
  double bound = 0;
  ExactPlanner finest(grid_of(kFinest));
  const std::size_t stride = std::max<std::size_t>(1, cases.size() / kSample);
  for (std::size_t at = 0; at < cases.size(); at += stride) {
    bound += finest.lower_bound(cases[at].job, cases[at].slots);
  }
  fmt::print("\n{:>10} {:>10} {:>8}   gap to a certified bound on {} jobs\n", "cells/slot",
             "CPU us/job", "gap %", (cases.size() + stride - 1) / stride);
  for (const std::size_t cells : {4U, 8U, 16U, 32U, 64U, 128U, 256U}) {
    ExactPlanner planner(grid_of(cells));
    double cost = 0;
    const double seconds = cpu_seconds_of([&] {
      for (std::size_t at = 0; at < cases.size(); ++at) {
        const auto plan = planner.plan(cases[at].job, cases[at].slots);
        if (at % stride == 0) cost += plan.value().cost;
      }
    });
    const double time = seconds / static_cast<double>(cases.size()) * 1e6;
    const double gap = 100 * (cost / bound - 1);
    fmt::print("{:10} {:10.1f} {:8.3f}\n", cells, time, gap);
    if (cells != kPerSlot) continue;
    result("plan_us_per_job", time, "us");
    result("plan_gap_pct", gap, "%");
  }
}

/// Grams of each policy over some jobs.
struct Totals {
  double run_now{0}, wait_awhile{0}, window{0}, level{0}, window_level{0}, joint{0};

  double saving(double grams) const { return 100 * (1 - grams / run_now); }
  double best_baseline() const {
    return saving(std::min({wait_awhile, window, level, window_level}));
  }
};

Totals totals_of(const std::vector<Case>& cases) {
  Totals sum;
  ExactPlanner planner(grid_of(kPerSlot));
  for (const auto& [job, slots] : cases) {
    sum.run_now += run_now(job, slots).value().cost;
    sum.wait_awhile += wait_awhile(job, slots).value().cost;
    sum.window += best_window(job, slots).value().cost;
    sum.level += best_static_level(job, slots).value().cost;
    sum.window_level += best_window_and_level(job, slots).value().cost;
    sum.joint += planner.plan(job, slots).value().cost;
  }
  return sum;
}

/// What no plans emit less than.
double bound_of(const std::vector<Case>& cases) {
  double bound = 0;
  ExactPlanner fine(grid_of(256));
  for (const auto& [job, slots] : cases) bound += fine.lower_bound(job, slots);
  return bound;
}

void add(Totals& sum, const Totals& part) {
  sum.run_now += part.run_now;
  sum.wait_awhile += part.wait_awhile;
  sum.window += part.window;
  sum.level += part.level;
  sum.window_level += part.window_level;
  sum.joint += part.joint;
}

/// The trace started in every fourth week of the year, and at the hour that RESULT stands for.
void show_savings(const std::string& zone, const CarbonSeries& series,
                  const std::vector<TraceJob>& trace, std::chrono::seconds slot, bool quick) {
  fmt::print("\n{:6} {:>12} {:>8} {:>8} {:>8} {:>10} {:>7}   saving in %, perfect information\n",
             zone, "wait awhile", "window", "cap", "win+cap", "joint", "better");
  Totals year;
  const auto show = [](const std::string& name, const Totals& sum) {
    fmt::print("{:9} {:9.1f} {:8.1f} {:8.1f} {:8.1f} {:10.1f} {:7.1f}\n", name,
               sum.saving(sum.wait_awhile), sum.saving(sum.window), sum.saving(sum.level),
               sum.saving(sum.window_level), sum.saving(sum.joint),
               sum.saving(sum.joint) - sum.best_baseline(), "%");
  };
  for (int week = 0; week < 52; week += quick ? 26 : 4) {
    const Totals sum = totals_of(cases_at(series, trace, series.start() + week * 7 * 24h, slot));
    if (sum.run_now > 0) show(fmt::format("week {}", week), sum);
    add(year, sum);
  }
  if (year.run_now > 0) {
    show("all", year);
    result(fmt::format("joint_saving_{}_year_pct", zone), year.saving(year.joint), "%");
  }
  const auto cases = cases_for_result(series, trace, slot);
  const Totals sum = totals_of(cases);
  show("RESULT", sum);
  result(fmt::format("joint_saving_{}_pct", zone), sum.saving(sum.joint), "%");
  result(fmt::format("joint_saving_{}_bound_pct", zone), sum.saving(bound_of(cases)), "%");
  result(fmt::format("best_baseline_{}_pct", zone), sum.best_baseline(), "%");
}

/// 10,000 live jobs, some of them half done, on nodes for which they ask for 60 % of a day.
std::vector<Job> live_jobs(const std::vector<TraceJob>& trace, UtcTime now) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> part(0.1, 1);
  std::vector<Job> jobs;
  for (std::size_t index = 0; index < 10000; ++index) {
    const TraceJob& row = trace[index % trace.size()];
    Job job;
    job.id = std::to_string(index);
    job.release = now;
    job.work = row.length * part(random);
    job.startup = kStartup;
    const auto slack = (row.length < kShort ? 6h : 24h) * part(random) + 30min;
    job.deadline = now + std::chrono::ceil<std::chrono::seconds>(kStartup + job.work + slack);
    job.levels = cap_levels(assumed_cap_curve(), Watts{1000.0 * row.nodes}, row.nodes);
    jobs.push_back(job);
  }
  return jobs;
}

Cluster cluster_for(const std::vector<Job>& jobs, const CarbonSeries& series, UtcTime now,
                    double error) {
  Cluster cluster;
  cluster.start = now;
  UtcTime end = now;
  double node_seconds = 0;
  for (const Job& job : jobs) {
    end = std::max(end, job.deadline);
    node_seconds += job.work.count() * job.levels.front().nodes;
  }
  std::mt19937 random(4);
  std::normal_distribution<double> noise(1, error);
  GramsPerKwh last{300};
  for (UtcTime slot = now; slot < end; slot += kSlot) {
    last = series.mean(slot, slot + kSlot).value_or(last);
    cluster.intensities.push_back(last * std::clamp(noise(random), 0.5, 1.5));
  }
  cluster.nodes = static_cast<int>(node_seconds / (0.6 * Seconds{24h}.count()));
  cluster.power = Watts{1000.0 * cluster.nodes};
  return cluster;
}

void show_replan(const CarbonSeries& series, const std::vector<TraceJob>& trace) {
  const UtcTime now = trace_start(series, trace);
  const auto jobs = live_jobs(trace, now);
  const ClusterPlan before = plan_cluster(cluster_for(jobs, series, now, 0), jobs, {8, 0});
  const Cluster cluster = cluster_for(jobs, series, now, 0.05);
  fmt::print("\nreplan of 10,000 jobs on {} nodes after a new forecast, prices kept\n",
             cluster.nodes);
  struct Way {
    const char* suffix;
    ClusterSettings settings;
  };
  Grams bound;
  for (const Way& way : {Way{"", {3, 1, {8, 128, 2048}, {16, 256, 4096}, {32, 512, 8192}}},
                         Way{"_coarse", {1, 0, {4, 64, 1024}, {8, 128, 2048}, {8, 128, 2048}}}}) {
    ClusterPlan made;
    const double seconds =
        cpu_seconds_of([&] { made = plan_cluster(cluster, jobs, way.settings, before.prices); });
    fmt::print("{} cells a slot: {:.2f} s, {} placed\n", way.settings.grid.per_slot, seconds,
               made.placed);
    result(fmt::format("replan_10k{}_s", way.suffix), seconds, "s");
    bound = std::max(bound, made.bound);  // The finer way comes first.
    result(fmt::format("replan_10k{}_gap_pct", way.suffix), 100 * (made.grams / bound - 1), "%");
    result(fmt::format("replan_10k{}_unplaced", way.suffix),
           static_cast<double>(jobs.size() - made.placed), "jobs");
  }
}

int run(int argc, char** argv) {
  std::vector<std::string> files, zones;
  std::string jobs;
  bool quick = false;
  CLI::App program("Times and judges the planner", "scheduler_bench");
  program.add_option("--carbon", files, "A year of carbon intensity");
  program.add_option("--zone", zones, "Its zone");
  program.add_option("--jobs", jobs, "A job trace");
  int slot = 15;
  program.add_option("--slot", slot, "Minutes of a slot where savings are measured")
      ->capture_default_str()
      ->check(CLI::Range(1, 60));
  program.add_flag("--quick", quick, "Fewer weeks, to see that it works");
  CLI11_PARSE(program, argc, argv);
  if (files.size() != zones.size()) {
    throw UsageError(
        fmt::format("{} --carbon and {} --zone, expected as many", files.size(), zones.size()));
  }
  const auto trace = jobs.empty() ? generated_jobs() : parse_job_trace(jobs, read_file(jobs));
  std::vector<std::pair<std::string, CarbonSeries>> series;
  for (std::size_t at = 0; at < files.size(); ++at) {
    series.emplace_back(zones[at], series_of(files[at], zones[at]));
  }
  if (series.empty()) series.emplace_back("GEN", generated_series());
  show_frontier(cases_for_result(series.front().second, trace));
  for (const auto& [zone, values] : series) show_savings(zone, values, trace, slot * 1min, quick);
  show_replan(series.front().second, trace);
  return 0;
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  try {
    return greentrain::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "scheduler_bench: " << error.what() << "\n";
    return 2;
  }
}
