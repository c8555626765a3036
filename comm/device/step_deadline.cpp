#include "comm/device/step_deadline.h"

#include <utility>

#include <fmt/format.h>

namespace greentrain {

void StepDeadline::expect(std::uint64_t step, std::function<bool()> over) {
  const std::lock_guard lock(mutex_);
  slots_[step % kSlots] = {step, clock_.now(), std::move(over)};
}

std::optional<std::string> StepDeadline::overdue() {
  const std::lock_guard lock(mutex_);
  for (Slot& slot : slots_) {
    if (!slot.over) continue;
    if (slot.over()) {
      slot.over = nullptr;
      continue;
    }
    const Seconds limit = slot.step == 1 ? limits_.first : limits_.later;
    if (clock_.now() - slot.since > limit) {
      return fmt::format(
          "step {}: the GPUs have not exchanged their gradients after {:.0f} s: some rank is gone "
          "or hangs",
          slot.step, limit.count());
    }
  }
  return std::nullopt;
}

}  // namespace greentrain
