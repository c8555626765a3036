#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace greentrain {

/// Section `meter`.
struct MeterOptions {
  std::vector<std::string> sensors{"auto"};
  std::chrono::milliseconds period{1000};
  std::chrono::milliseconds journal_period{10000};
  bool required{false};

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("sensors", sensors,
          "Sensors to read: auto, or a list of nvml, rapl, perf, hwmon and model.");
    visit("period", period, "Time between two readings.", 10ms, 10s);
    visit("journal_period", journal_period,
          "Time between two records of what was drawn, in the run directory's energy/. As much is "
          "uncertain after a crash.",
          100ms, 1h);
    visit("required", required,
          "Ends the run where a sensor delivers nothing. Without it, training goes on and the "
          "report says so.");
  }
};

}  // namespace greentrain
