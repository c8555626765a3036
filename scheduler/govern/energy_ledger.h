#pragma once

#include <optional>
#include <vector>

#include "core/units.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// Energy of a stretch of time during which a run either ran or was paused.
struct EnergyPiece {
  UtcTime from;
  UtcTime to;
  Joules energy;
  bool paused{false};

  bool operator==(const EnergyPiece&) const = default;
};

/// Books metered energy by when it was used and whether the run was paused, in pieces that end at
/// multiples of `step`: to be counted with the carbon intensity, again when that is restated.
class EnergyLedger {
 public:
  explicit EnergyLedger(std::chrono::seconds step) : step_(step) {}

  /// `total`: joules up to `now`; `paused`: how the time since the last call was spent. Time that
  /// goes back, as a clock that is set, adds its energy to the present piece.
  void book(UtcTime now, Joules total, bool paused);

  /// In order of time, without gaps; what is shorter than a second belongs to its neighbour.
  const std::vector<EnergyPiece>& pieces() const { return pieces_; }

 private:
  std::chrono::seconds step_;
  std::vector<EnergyPiece> pieces_;
  std::optional<Joules> booked_;
  UtcTime last_;
  Joules carried_;
};

}  // namespace greentrain
