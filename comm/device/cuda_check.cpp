#include "comm/device/cuda_check.h"

#include <cuda_runtime_api.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/log.h"

namespace greentrain {
namespace {

std::string describe(int error, const char* what) {
  const auto code = static_cast<cudaError_t>(error);
  return fmt::format("GPU: {}: {} ({})", what, cudaGetErrorString(code), cudaGetErrorName(code));
}

}  // namespace

void check_cuda(int error, const char* what) {
  if (error != cudaSuccess) throw Error(describe(error, what));
}

void warn_cuda(int error, const char* what) noexcept {
  if (error == cudaSuccess) return;
  try {
    log_warning(describe(error, what));
  } catch (const std::exception&) {  // No memory for the message.
  }
}

}  // namespace greentrain
