#include "trainer/cli/mkl/code_path.h"

#include <dlfcn.h>

namespace greentrain {
namespace {

// MKL_CBWR_*, the branches of "conditional numerical reproducibility" in MKL's developer reference.
std::string branch_name(int branch) {
  switch (branch) {
    case 9:
      return "AVX";
    case 10:
      return "AVX2";
    case 11:
    case 12:
    case 13:
    case 14:
      return "AVX-512";
    default:
      return branch > 3 && branch < 9 ? "SSE" : "generic";
  }
}

}  // namespace

std::optional<std::string> mkl_code_path() {
  // Not linked by name: a libtorch built with another BLAS does not have it.
  const auto best_branch =
      reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "mkl_serv_cbwr_get_auto_branch"));
  if (best_branch == nullptr) return std::nullopt;
  return branch_name(best_branch());
}

}  // namespace greentrain
