#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/plan/levels.h"

namespace greentrain {

/// One row of a job trace.
struct TraceJob {
  Seconds arrival{0};  ///< Since the first row.
  Seconds length{0};   ///< At full power, without a break.
  int nodes{1};        ///< What its power is proportional to.
};

/// Reads a trace from CSV with a header. Arrival: `arrival_time` (seconds) or `arrival` (a date);
/// length: `length` or `duration_s`; size: `nodes`, `gpus` or `cpus`, 1 without such a column. Rows
/// may be in any order and come back by arrival. Pure. Throws UsageError
/// with `source` and the line.
std::vector<TraceJob> parse_job_trace(const std::string& source, std::string_view bytes);

/// Reads a power-cap curve from CSV with the columns `cap`, `speed` and `power`, each a share of
/// the value without a cap, in (0, 1.5]; with a column `workers`, of one worker's, up to 1000.
/// Pure. Throws UsageError with `source` and the line.
std::vector<CapPoint> parse_cap_curve(const std::string& source, std::string_view bytes);

}  // namespace greentrain
