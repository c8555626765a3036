#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "core/clock.h"
#include "meter/energy_meter.h"
#include "meter/job_share.h"
#include "meter/journal/journal_keeper.h"
#include "meter/journal/run_energy.h"
#include "meter/meter_options.h"
#include "meter/sensors.h"

namespace greentrain {

/// One rank's side of metering a run. Each machine is metered once, by its first rank, and each GPU
/// by one rank: containers and pretended hosts share a machine's boot id, a GPU its UUID. What
/// earlier attempts of the run drew comes from the journals in its directory. Methods are
/// collective unless they say otherwise.
class RunMeter {
 public:
  /// Starts the meters. Throws the same SharedError on all ranks for a mistake in the options, and
  /// with `required` where a machine has no sensor that delivers. `comm`, `phases` and `clock` are
  /// borrowed; the latter two must outlive a blocked sensor.
  RunMeter(Communicator& comm, const MeterOptions& options, const MachineTree& machine,
           const PhaseTimer& phases, const Clock& clock);

  /// From now on what is drawn is written down in RUN_DIRECTORY/energy, one file a machine, and
  /// adds to what is there already. `first_step`: steps that are done, those of the checkpoint.
  void keep_journal(const std::filesystem::path& run_directory, const std::string& name,
                    std::int64_t first_step);

  /// Null on ranks that do not meter. Not collective.
  EnergyMeter* meter() { return meter_.get(); }
  /// This rank computes on the GPU with this UUID. Not collective.
  void uses_gpu(const std::string& uuid) { gpu_ = uuid; }
  void step_done(std::int64_t step);  ///< Not collective; costs nothing.
  void note(RecordReason reason);     ///< Not collective: an epoch or a checkpoint has ended.

  /// What the whole run drew: on every machine, in every attempt. Call once, last.
  EnergyReport stop();
  /// Why the run must end, on every rank the same: `required` is set and a sensor fails. After
  /// stop(). Not collective.
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  void choose_machines(const MachineTree& machine);
  SensorSet drop_claimed(SensorSet sensors);
  std::optional<std::string> problem_at_start() const;
  EnergyReport own_report(const std::set<std::string>& gpus);

  Communicator& comm_;
  MeterOptions options_;
  MachineTree machine_;
  const Clock& clock_;
  Clock::Instant started_;
  std::string node_;
  std::string gpu_;  ///< UUID of this rank's; empty: it computes on CPUs.
  std::optional<CpuTimes> times_at_start_;
  bool meters_{false};
  std::unique_ptr<EnergyMeter> meter_;
  std::vector<SegmentHistory> earlier_;        ///< On rank 0.
  std::vector<std::string> journal_problems_;  ///< Likewise.
  PresentAttempt present_;
  std::unique_ptr<JournalKeeper> journal_;
  std::optional<std::string> failure_;
};

}  // namespace greentrain
