#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "trainer/config.h"
#include "trainer/run/logs/metrics_sink.h"
#include "trainer/run/run_directory.h"

namespace greentrain {

/// What run.logs asks for, in the run directory. `metrics`: Measure::names(); `start_date`: when a
/// point's time is 0.
std::vector<std::unique_ptr<MetricsSink>> open_logs(
    const LoadedConfig& loaded, const RunDirectory& directory,
    const std::vector<std::string>& metrics, std::chrono::system_clock::time_point start_date);

}  // namespace greentrain
