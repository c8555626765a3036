#pragma once

#include "trainer/cli/doctor/finding.h"

namespace greentrain {

/// What libtorch's matrix product reaches on one core, as a share of what the core can do, measured
/// in turns in this process; and whether the product is right. Takes about 0.2 s.
Finding examine_blas();

}  // namespace greentrain
