#pragma once

namespace greentrain {

/// `error` is a cudaError_t. Throws Error when it is not cudaSuccess; `what` was tried:
///   GPU: allocating 4096 bytes: out of memory (cudaErrorMemoryAllocation).
void check_cuda(int error, const char* what);
/// The same where nothing may be thrown: logs it.
void warn_cuda(int error, const char* what) noexcept;

}  // namespace greentrain
