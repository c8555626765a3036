#pragma once

#include <optional>
#include <string>

namespace greentrain {

/// The instructions that libtorch's MKL computes with in this process, by its own account:
/// "AVX-512", "AVX2", "AVX", "SSE", or "generic" where it does not take the CPU for Intel's.
/// Sums are rounded differently from one to the next. Empty when libtorch was built without MKL.
std::optional<std::string> mkl_code_path();

}  // namespace greentrain
