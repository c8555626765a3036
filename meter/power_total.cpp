#include "meter/power_total.h"

#include <algorithm>

#include "meter/energy_sensor.h"

namespace greentrain {

using namespace std::chrono_literals;

bool PowerTotal::add(Watts power, Clock::Instant before, Clock::Instant after) {
  const bool possible = power > Watts{} && power <= limits_.max_power;
  if (!possible) return false;
  const Sample now{power, before, after};
  if (!last_) {
    last_ = bounded_to_ = now;
    return true;
  }
  joules_ += (last_->power + power) / 2 * Seconds(after - last_->after);
  last_ = now;
  // A figure was brought up to date at most one period before it was read. Two means are apart for
  // certain only if all of this lies between them; until then the next one is waited for.
  const Seconds apart = (before - bounded_to_->after) - limits_.update_period;
  age_ = after - bounded_to_->before;
  if (apart < limits_.averaged_over) return true;
  const Seconds longest = (after - bounded_to_->before) + limits_.update_period;
  const Seconds between = longest - limits_.averaged_over;
  lo_ += power * limits_.averaged_over;
  hi_ += power * limits_.averaged_over + limits_.max_power * between;
  unseen_ += std::max<Seconds>((after - bounded_to_->after) - limits_.averaged_over, 0s);
  bounded_to_ = now;
  age_ = 0s;
  return true;
}

void fill(Reading& reading, const PowerTotal& total) {
  reading.status = ReadStatus::Ok;
  reading.joules = total.joules();
  reading.lo = total.lo();
  reading.hi = total.hi();
  reading.unseen = total.unseen();
  reading.age = total.age();
}

}  // namespace greentrain
