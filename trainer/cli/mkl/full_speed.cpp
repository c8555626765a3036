#include "trainer/cli/mkl/full_speed.h"

// MKL, which libtorch_cpu.so carries, asks this function of its own whether the CPU is Intel's
// before it takes AVX-512 or AVX2 code; the dynamic linker hands it the program's instead. It must
// be exported, and be in the program itself: from a static library it would not be linked in.
extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() { return 1; }

namespace greentrain {

bool full_speed_mkl() { return true; }

}  // namespace greentrain
