#pragma once

#include <vector>

#include "scheduler/plan/job.h"

namespace greentrain {

/// One point of a power-cap curve, relative to no cap on one worker.
struct CapPoint {
  double cap;      ///< Of the limit of the device, 0 to 1.
  double speed;    ///< Relative to the speed without a cap.
  double power;    ///< Of all that the job holds, relative to its full power.
  int workers{1};  ///< Nodes, relative to the least number.
};

/// A curve that is assumed, not measured: node power 0.15 + 0.85 cap, speeds 1, 0.965, 0.92, 0.85,
/// 0.75 and 0.60 at caps of 100 to 40 %. Measured curves of one GPU run from a tenth more to a
/// tenth less energy than it, so give the job's own where it is known.
const std::vector<CapPoint>& assumed_cap_curve();

/// A job's levels on `nodes` nodes for each worker that draw `full_power` for one without a cap. On
/// more workers a start draws the most that the curve has for so many.
std::vector<Level> cap_levels(const std::vector<CapPoint>& curve, Watts full_power, int nodes = 1);

/// The levels on the upper hull of speed over power, fastest first. One below it is beaten by
/// spending part of the time at each of its two neighbours, so profiles that are not concave, such
/// as a fourth worker that speeds up more than the third, become so.
std::vector<Level> efficient_levels(std::vector<Level> levels);

}  // namespace greentrain
