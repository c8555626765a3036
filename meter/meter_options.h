#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace greentrain {

/// Section `meter`.
struct MeterOptions {
  std::vector<std::string> sensors{"auto"};
  std::chrono::milliseconds period{1000};

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("sensors", sensors,
          "Sensors to read: auto, or a list of nvml, rapl, perf, hwmon and model.");
    visit("period", period, "Time between two readings.", 10ms, 10s);
  }
};

}  // namespace greentrain
