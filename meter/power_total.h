#pragma once

#include <optional>

#include "core/clock.h"
#include "core/units.h"

namespace greentrain {

/// What is known of a sensor that shows power, not energy.
struct PowerLimits {
  Watts max_power;           ///< More than the device can ever draw.
  Seconds averaged_over{0};  ///< The figure is the mean of this time up to its update; 0: a moment.
  Seconds update_period{0};  ///< Time between two updates.
};

/// Adds up power readings over time, as an interval. A mean is a certain amount of energy over the
/// time that it was taken over; what lies between two such times was not seen, and may be anything
/// from nothing to the device's maximum. Means that may overlap widen the interval instead of
/// counting twice. Pure: no I/O, no clock of its own.
class PowerTotal {
 public:
  explicit PowerTotal(const PowerLimits& limits) : limits_(limits) {}

  /// Adds one power, read between two instants. False if it is impossible: zero, as of a meter
  /// that is dead, or below, above the maximum, not a number. It then counts as a lost reading.
  bool add(Watts power, Clock::Instant before, Clock::Instant after);

  Joules joules() const { return joules_; }  ///< Mean of both ends over the time between readings.
  Joules lo() const { return lo_; }
  Joules hi() const { return hi_; }
  Seconds unseen() const { return unseen_; }  ///< Time between the means.
  Seconds age() const { return age_; }        ///< From the reading up to which the bounds reach.

 private:
  struct Sample {
    Watts power;
    Clock::Instant before;
    Clock::Instant after;
  };

  PowerLimits limits_;
  std::optional<Sample> last_;
  std::optional<Sample> bounded_to_;  ///< The last sample that the bounds contain.
  Joules joules_;
  Joules lo_;
  Joules hi_;
  Seconds unseen_{0};
  Seconds age_{0};
};

struct Reading;
void fill(Reading& reading, const PowerTotal& total);  ///< Makes it a good one.

}  // namespace greentrain
