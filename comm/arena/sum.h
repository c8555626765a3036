#pragma once

#include <cstddef>
#include <span>

#include "comm/buffer.h"

namespace greentrain {

/// out[i] = sources[0][i] + sources[1][i] + ..., in float32, along the tree of tree_split(): the
/// same bits however the sources are shared out over ranks and nodes in equal powers of two. At
/// least one source; `out` may be one of them. Vectorised for the CPU it runs on.
void sum_float32(std::span<const float* const> sources, float* out, std::size_t count);

/// The same, written to all of them, while each number is at hand. At least one.
void sum_float32_into_all(std::span<float* const> arrays, std::size_t count);

/// The same from bfloat16; each source is widened exactly, the sum is float32.
void sum_bfloat16(std::span<const BFloat16* const> sources, float* out, std::size_t count);

/// into[i] += values[i].
void add_float32(const float* values, float* into, std::size_t count);

/// Rounds to nearest, ties to even; NaN stays NaN.
void to_bfloat16(const float* in, BFloat16* out, std::size_t count);

}  // namespace greentrain
