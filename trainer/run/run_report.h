#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/units.h"
#include "meter/energy_report.h"
#include "scheduler/govern/plan_outcome.h"
#include "trainer/run/data_use.h"
#include "trainer/run/provenance.h"
#include "trainer/run/rank_waiting.h"

namespace greentrain {

/// `schema_version` of report.json; goes up when a field changes its meaning or goes away.
inline constexpr std::int64_t kRunReportVersion = 1;

struct RunResult {
  std::optional<double> test_accuracy{};  ///< Of the best weights, 0 to 1.
  std::optional<double> test_loss{};
  std::optional<double> validation_accuracy{};  ///< At best_step.
  std::optional<double> validation_loss{};      ///< At best_step.
  std::optional<double> initial_validation_loss{};
  std::map<std::string, double> test_metrics{};        ///< By name, accuracy among them.
  std::map<std::string, double> validation_metrics{};  ///< At best_step.
  std::int64_t steps{0};
  std::int64_t epochs{0};  ///< Begun.
  std::int64_t samples_seen{0};
  std::string stopped_by{};  ///< "epochs", "max_steps", "early_stopping", "plan" or "signal".
  std::optional<std::string> stopping_rule{};    ///< "patience", ...; of early stopping alone.
  std::optional<std::string> stopping_reason{};  ///< A sentence for people.
  std::optional<std::int64_t> best_step{};       ///< Of the weights that were kept.
  std::string weights{"best"};  ///< Which were kept: "best", or "last" without restore_best.
  std::int64_t parameters{0};
  std::string weights_sha256{};  ///< After the last step.
  std::string best_weights_sha256{};
};

struct CarbonFootprint {
  Grams grams;
  Grams lo;  ///< From the energy's bounds; the intensity is taken as exact.
  Grams hi;
  GramsPerKwh intensity;
  std::string source{};  ///< Of the intensity.
};
/// Empty when the energy is unmeasured.
std::optional<CarbonFootprint> carbon_of(const Energy& energy, GramsPerKwh intensity,
                                         std::string source);

struct RunTime {
  std::string started_at{};  ///< UTC, "2026-11-20T12:00:00Z".
  Seconds total{0};
  std::optional<Seconds> to_first_step{};  ///< From the start of mpirun to the end of step 1.
  Seconds train{0};                        ///< Steps, without evaluation.
  Seconds evaluation{0};
  std::array<Seconds, kPhaseCount> phases{};  ///< Of rank 0.
};

/// Energy to accuracy: what it took until an evaluation first reached the target.
struct TargetReached {
  std::string metric{};  ///< "validation_accuracy".
  double target{0};
  struct Reached {
    std::int64_t step{0};
    Seconds time{0};      ///< Since the run started.
    EnergyReport energy;  ///< Since the meters started, start-up included.
  };
  std::optional<Reached> reached{};  ///< Empty when no evaluation did.
};

/// What early stopping saved if each step not run had cost what the others did. An estimate.
struct SavingEstimate {
  std::int64_t steps_avoided{0};
  Joules lo;
  Joules hi;
};
/// Empty when nothing was avoided, no step was run or the energy is unmeasured. Start-up is paid
/// either way and counts for nothing.
std::optional<SavingEstimate> estimate_saving(std::int64_t planned_steps, std::int64_t steps,
                                              const EnergyReport& energy);

/// Steps that were computed and changed nothing in the end, and what they cost if each cost what
/// steps did on average. An estimate.
struct WastedCost {
  std::int64_t skipped{0};  ///< Passed over by a guard or the loss scale.
  std::int64_t undone{0};   ///< Taken back by a rollback.
  std::int64_t rollbacks{0};
  std::optional<Joules> lo{};  ///< Empty when the energy is unmeasured.
  std::optional<Joules> hi{};
};
/// Fills in the joules. `steps`: all that were computed. Evaluations count for nothing.
WastedCost with_joules(WastedCost wasted, std::int64_t steps, const EnergyReport& energy);

/// report.json: all there is to know about a finished run. Plain data; schema in docs/report.md.
struct RunReport {
  std::string name{};  ///< run.name.
  RunResult result;
  EnergyReport energy;
  std::optional<CarbonFootprint> carbon{};  ///< Empty when no intensity is configured.
  RunTime time;
  std::optional<SavingEstimate> early_stopping{};
  std::optional<TargetReached> target{};  ///< Empty when none was set.
  std::optional<WaitingCost> waiting{};   ///< Empty with one rank.
  std::optional<WastedCost> wasted{};     ///< Empty when every step counted.
  std::optional<DataUse> data{};          ///< Empty in reports of before it was known.
  std::optional<PruningSaving> pruning{};
  std::optional<PlanOutcome> plan{};  ///< Empty if the run followed none.
  Provenance provenance;
};

nlohmann::json to_json(const RunReport& report);

/// Throws Error naming the field that is missing or of the wrong type. Unknown fields are passed
/// over.
RunReport run_report_from_json(const nlohmann::json& json);

}  // namespace greentrain
