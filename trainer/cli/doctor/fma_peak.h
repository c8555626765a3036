#pragma once

namespace greentrain {

/// The most float32 operations per second that the core under this thread does now: independent
/// multiply-adds on its widest vectors, a multiply-add counted as two. Takes about 5 ms.
double fma_peak_flops();

}  // namespace greentrain
