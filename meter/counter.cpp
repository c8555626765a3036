#include "meter/counter.h"

#include <algorithm>
#include <cmath>

#include "meter/energy_sensor.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

CounterStep unknown(CounterEvent event, Joules lo, Joules hi, std::optional<Joules> expected) {
  const Joules middle = (lo + hi) / 2;
  return {event, std::clamp(expected.value_or(middle), lo, hi), lo, hi};
}

/// The wrap candidate nearest to what was expected; every one of them is possible.
CounterStep many_wraps(Joules least, Joules most, Joules range, std::optional<Joules> expected) {
  const double possible = std::floor((most - least) / range);
  const Joules highest = least + range * possible;
  const double wanted = (expected.value_or((least + highest) / 2) - least) / range;
  const Joules nearest = least + range * std::clamp(std::round(wanted), 0.0, possible);
  return {CounterEvent::Ambiguous, nearest, least, highest};
}

}  // namespace

std::optional<Seconds> longest_period(const CounterLimits& limits) {
  if (!limits.range) return std::nullopt;
  return Seconds(limits.range->value / limits.max_power.value / 2);
}

CounterStep counter_step(const CounterLimits& limits, Joules before, Joules after, Seconds longest,
                         std::optional<Joules> expected) {
  const Joules most = limits.max_power * (longest + limits.update_period);
  const bool decreased = after < before;
  if (!decreased || limits.range) {
    const Joules amount = decreased ? after + *limits.range - before : after - before;
    if (amount <= most) {
      if (limits.range && amount + *limits.range <= most) {
        return many_wraps(amount, most, *limits.range, expected);
      }
      return {decreased ? CounterEvent::Wrapped : CounterEvent::Advanced, amount, amount, amount};
    }
  }
  // A restart at zero leaves the energy since then in the counter; a jump leaves nothing to trust.
  const Joules since_restart = decreased && after <= most ? after : Joules{};
  return unknown(CounterEvent::Reset, since_restart, most, expected);
}

bool CounterTotal::add(Joules raw, Clock::Instant before, Clock::Instant after) {
  if (!base_) {
    base_ = Base{raw, before, after};
    return true;
  }
  if (raw == base_->raw) {
    age_ = after - base_->before;
    frozen_ = before - base_->after > std::max<Seconds>(5 * limits_.update_period, 50ms);
    return !frozen_;
  }
  const Seconds longest = after - base_->before;
  std::optional<Joules> expected;
  if (average_) expected = *average_ * longest;
  CounterStep step = counter_step(limits_, base_->raw, raw, longest, expected);
  const bool certain = step.event == CounterEvent::Advanced || step.event == CounterEvent::Wrapped;
  // After a standstill nobody knows whether the counter caught up or lost what was drawn meanwhile.
  // It may have begun within the step before, and what was drawn in that may show only now.
  if (frozen_) {
    const Seconds before_base = previous_step_.value_or(0s);
    step.lo =
        previous_step_ ? std::max(Joules{}, step.lo - limits_.max_power * before_base) : Joules{};
    step.hi = limits_.max_power * (longest + before_base + limits_.update_period);
  }
  if (step.event == CounterEvent::Reset) {
    ++resets_;
  } else if (frozen_ || !certain) {
    ++gaps_;
  }
  if (frozen_ || !certain) {
    unseen_ += longest;
  } else if (longest > 0s) {
    average_ = step.joules / longest;
  }
  joules_ += step.joules;
  lo_ += step.lo;
  hi_ += step.hi;
  age_ = 0s;
  frozen_ = false;
  previous_step_ = longest;
  base_ = Base{raw, before, after};
  return true;
}

void fill(Reading& reading, const CounterTotal& total) {
  reading.status = ReadStatus::Ok;
  reading.joules = total.joules();
  reading.lo = total.lo();
  reading.hi = total.hi();
  reading.unseen = total.unseen();
  reading.age = total.age();
  reading.resets = total.resets();
  reading.gaps = total.gaps();
}

}  // namespace greentrain
