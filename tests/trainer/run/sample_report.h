#pragma once

#include "trainer/run/run_report.h"

namespace greentrain {

/// Of a run that was paused once, in invented figures.
inline PlanOutcome sample_plan() {
  using namespace std::chrono_literals;
  const UtcTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h};
  PlanOutcome plan;
  plan.zone = "DE";
  plan.signal = "DE average lifecycle by electricitymaps";
  plan.policy = "pause";
  plan.deadline = noon + 6h;
  plan.ended_at = noon + 5h;
  plan.paused = Seconds{7200};
  plan.pauses = 1;
  plan.plans = 2;
  plan.planned = {Grams{310}, Grams{450}, Grams{309.5}};
  plan.carbon = {Joules{3.6e6}, Joules{7.2e4},
                 Grams{320},    Joules{0},
                 Fraction{0.1}, Saving{Grams{450}, Grams{320}, Grams{-9}, Grams{139}, Grams{8}},
                 false};
  plan.time_in[0] = 17000s;
  plan.time_in[2] = 1000s;
  return plan;
}

/// A run of digits that stopped early, on a machine without energy counters, in invented figures.
inline RunReport sample_report() {
  RunReport report;
  report.name = "digits";
  report.result = {.test_accuracy = 0.9778,
                   .test_loss = 0.0812,
                   .validation_accuracy = 0.974,
                   .validation_loss = 0.0951,
                   .initial_validation_loss = 2.4375,
                   .test_metrics = {{"accuracy", 0.9778}, {"recall", 0.96875}, {"recall_3", 0.5}},
                   .validation_metrics = {{"accuracy", 0.974}, {"recall", 0.9625}},
                   .steps = 520,
                   .epochs = 26,
                   .samples_seen = 32760,
                   .stopped_by = "early_stopping",
                   .stopping_rule = "patience",
                   .stopping_reason =
                       "validation_loss did not improve in 5 evaluations, since "
                       "0.0951 at step 420",
                   .best_step = 420,
                   .parameters = 26122,
                   .weights_sha256 = std::string(64, 'a'),
                   .best_weights_sha256 = std::string(64, 'b')};
  const Energy energy{{412}, {103}, {655}, 1.0, Quality::Estimated};
  report.energy = {
      .total = energy,
      .components = {{"node1", "model:cpu", "AMD EPYC 7B13", "CodeCarbon 3.0", energy, 0}},
      .phases = {{Phase::Startup, Seconds{0.5}, {52}}, {Phase::Forward, Seconds{2.5}, {360}}},
      .excludes = {"GPU", "power supply losses"},
      .notes = {"no energy counter on node1"}};
  report.carbon = carbon_of(energy, GramsPerKwh{56}, "config");
  report.time.started_at = "2026-11-20T12:00:00Z";
  report.time.total = Seconds{3.42};
  report.time.to_first_step = Seconds{0.91};
  report.time.train = Seconds{2.25};
  report.time.evaluation = Seconds{0.25};
  report.time.phases[0] = Seconds{0.5};
  report.early_stopping =
      estimate_saving(/*planned_steps=*/800, report.result.steps, report.energy);
  report.target = {"validation_loss", 0.1, TargetReached::Reached{400, Seconds{2.61}, {}}};
  report.target->reached->energy = report.energy;
  report.target->reached->energy.phases.clear();
  report.target->reached->energy.total = {{317}, {79}, {504}, 1.0, Quality::Estimated};
  report.waiting = waiting_cost(std::vector<RankWaiting>{{Seconds{0.25}, Seconds{0.05}, Seconds{0}},
                                                         {Seconds{0.1}, Seconds{0}, Seconds{0}}},
                                report.time.total, report.energy.total);
  report.data = data_use(Seconds{0.009}, 2, report.time.train, {});
  report.provenance = {.greentrain_version = "0.1.0",
                       .commit = std::string(40, 'c'),
                       .compiler = "GNU 12.2.0",
                       .build_type = "Release",
                       .torch_version = "2.11.0",
                       .mkl = "AVX-512",
                       .mpi = "Open MPI 4.1.4",
                       .cpu = "AMD EPYC 7B13",
                       .devices = {"cpu"},
                       .ranks = 2,
                       .threads_per_rank = 1,
                       .hosts = {"node1"},
                       .data_name = "digits.csv.gz",
                       .data_sha256 = std::string(64, 'd'),
                       .config_sha256 = std::string(64, 'e'),
                       .command_line = {"greentrain", "configs/digits.yaml", "run.seed=7"}};
  return report;
}

/// The same run where nothing could be measured and no intensity is known.
inline RunReport unmeasured_report() {
  RunReport report = sample_report();
  report.energy = {
      .total = {}, .components = {}, .phases = {}, .excludes = {"CPU", "GPU"}, .notes = {}};
  report.carbon = carbon_of(report.energy.total, GramsPerKwh{56}, "config");
  report.early_stopping = estimate_saving(800, report.result.steps, report.energy);
  report.target->reached->energy = report.energy;
  report.waiting->hi.reset();
  return report;
}

}  // namespace greentrain
