#include "trainer/cli/mkl/full_speed.h"

namespace greentrain {

bool full_speed_mkl() { return false; }

}  // namespace greentrain
