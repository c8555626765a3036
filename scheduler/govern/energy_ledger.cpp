#include "scheduler/govern/energy_ledger.h"

namespace greentrain {

void EnergyLedger::book(UtcTime now, Joules total, bool paused) {
  if (!booked_) {
    booked_ = total;
    last_ = now;
    return;
  }
  carried_ += total - *booked_;
  booked_ = total;
  if (now <= last_) {  // Not a second yet.
    if (pieces_.empty() || pieces_.back().paused != paused) return;
    pieces_.back().energy += carried_;
    carried_ = {};
    return;
  }
  const bool goes_on = !pieces_.empty() && pieces_.back().paused == paused &&
                       pieces_.back().from.time_since_epoch() / step_ ==
                           (now - std::chrono::seconds{1}).time_since_epoch() / step_;
  if (goes_on) {
    pieces_.back().to = now;
    pieces_.back().energy += carried_;
  } else {
    pieces_.push_back({last_, now, carried_, paused});
  }
  carried_ = {};
  last_ = now;
}

}  // namespace greentrain
