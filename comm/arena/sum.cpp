#include "comm/arena/sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "comm/fold.h"
#include "core/cpu_clones.h"

namespace greentrain {
namespace {

// Floats added up at a time: every level of the tree stays in the first-level cache.
constexpr std::size_t kPiece = 1024;

GREENTRAIN_CPU_CLONES void add_two(const float* a, const float* b, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

GREENTRAIN_CPU_CLONES void add_two_into_both(float* a, float* b, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    a[i] = sum;
    b[i] = sum;
  }
}

void load(const float* in, float* out, std::size_t count) {
  if (in != out) std::memcpy(out, in, count * sizeof(float));
}

GREENTRAIN_CPU_CLONES void load(const BFloat16* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(in[i].bits) << 16);
  }
}

// Sums elements [begin, begin + count) of the sources, count <= kPiece.
template <class Element>
void sum_piece(std::span<const Element* const> sources, std::size_t begin, float* out,
               std::size_t count) {
  if (sources.size() == 1) return load(sources[0] + begin, out, count);
  if constexpr (std::is_same_v<Element, float>) {
    if (sources.size() == 2) return add_two(sources[0] + begin, sources[1] + begin, out, count);
  }
  const std::size_t half = tree_split(sources.size());
  std::array<float, kPiece> second;
  sum_piece(sources.subspan(half), begin, second.data(), count);
  sum_piece(sources.first(half), begin, out, count);
  add_two(out, second.data(), out, count);
}

template <class Element>
void sum(std::span<const Element* const> sources, float* out, std::size_t count) {
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    sum_piece(sources, begin, out + begin, std::min(kPiece, count - begin));
  }
}

}  // namespace

void sum_float32(std::span<const float* const> sources, float* out, std::size_t count) {
  sum(sources, out, count);
}

void sum_float32_into_all(std::span<float* const> arrays, std::size_t count) {
  if (arrays.size() == 2) return add_two_into_both(arrays[0], arrays[1], count);
  std::array<float, kPiece> total;
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t length = std::min(kPiece, count - begin);
    sum_piece(std::span<const float* const>(arrays), begin, total.data(), length);
    for (float* const array : arrays)
      std::memcpy(array + begin, total.data(), length * sizeof(float));
  }
}

void sum_bfloat16(std::span<const BFloat16* const> sources, float* out, std::size_t count) {
  sum(sources, out, count);
}

void add_float32(const float* values, float* into, std::size_t count) {
  add_two(into, values, into, count);
}

GREENTRAIN_CPU_CLONES void to_bfloat16(const float* in, BFloat16* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(in[i]);
    const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    const bool nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    out[i].bits = static_cast<std::uint16_t>(nan ? 0x7FC0u : rounded);
  }
}

}  // namespace greentrain
