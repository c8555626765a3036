#pragma once

#include <cstdint>
#include <optional>

#include "comm/communicator.h"
#include "core/clock.h"
#include "meter/energy_meter.h"
#include "trainer/run/run_report.h"
#include "trainer/stopping/stopping_options.h"

namespace greentrain {

/// Energy to accuracy: what the run had taken when an evaluation first reached
/// train.early_stopping.target. One on each rank, made when the meters have started.
class TargetWatch {
 public:
  /// `meter`: where this rank has one. Both must outlive this.
  TargetWatch(Communicator& comm, EnergyMeter* meter, const EarlyStoppingOptions& options,
              const Clock& clock, Clock::Instant started_at);

  void reached(std::int64_t step);  ///< Collective; reads every sensor. Call once at most.
  /// Empty when no target is set.
  const std::optional<TargetReached>& report() const { return report_; }

 private:
  Communicator& comm_;
  EnergyMeter* meter_;
  const Clock& clock_;
  Clock::Instant started_at_;
  std::optional<WindowId> window_;
  std::optional<TargetReached> report_;
};

}  // namespace greentrain
