#include "trainer/device/stream_marks.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace greentrain {

void StreamMarks::put(std::size_t slot) {
  if (slot >= events_.size()) events_.resize(slot + 1);
  auto& event = events_[slot];
  if (!event) event.emplace(device_.type(), c10::EventFlag::BACKEND_DEFAULT);  // With its time.
  event->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

std::optional<Seconds> StreamMarks::between(std::size_t from, std::size_t to) {
  const auto& first = events_.at(from);
  const auto& second = events_.at(to);
  if (!first || !second || !first->query() || !second->query()) return std::nullopt;
  return std::chrono::duration<double, std::milli>(first->elapsedTime(*second));
}

}  // namespace greentrain
