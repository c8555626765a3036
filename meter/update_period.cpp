#include "meter/update_period.h"

#include <algorithm>

namespace greentrain {
namespace {

using namespace std::chrono_literals;

// Readings further apart than this do not tell one change from several.
constexpr Seconds kClose = 15ms;
constexpr int kEnough = 10;

}  // namespace

void UpdatePeriod::add(Joules raw, Clock::Instant before, Clock::Instant after) {
  const std::optional<Look> last = last_;
  last_ = Look{raw, before, after};
  if (!last || after - last->before > kClose) {
    earliest_change_.reset();
    return;
  }
  // It changed between the end of the last reading's call and that of this one, at the widest.
  if (earliest_change_) longest_ = std::max<Seconds>(longest_, after - *earliest_change_);
  if (raw == last->raw) return;
  if (earliest_change_) ++changes_;
  earliest_change_ = last->before;
}

std::optional<Seconds> UpdatePeriod::longest() const {
  return known() || longest_ > assumed_ ? std::optional(longest_) : std::nullopt;
}

bool UpdatePeriod::known() const { return changes_ >= kEnough; }

}  // namespace greentrain
