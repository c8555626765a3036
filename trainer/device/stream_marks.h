#pragma once

#include <optional>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include "meter/device_phases.h"

namespace greentrain {

/// Events in a GPU's current stream, that in which torch computes.
class StreamMarks final : public DeviceMarks {
 public:
  explicit StreamMarks(c10::Device device) : device_(device) {}
  void put(std::size_t slot) override;
  std::optional<Seconds> between(std::size_t from, std::size_t to) override;

 private:
  c10::Device device_;
  std::vector<std::optional<c10::Event>> events_;  ///< By slot, each made when it is first put.
};

}  // namespace greentrain
