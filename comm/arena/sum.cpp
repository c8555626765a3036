#include "comm/arena/sum.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/cpu_clones.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = 2048;  // floats; a block stays in the first cache while ranks add up

GREENTRAIN_CPU_CLONES void add_two(const float* a, const float* b, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

GREENTRAIN_CPU_CLONES void widen(const BFloat16* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(in[i].bits) << 16);
  }
}

}  // namespace

void sum_float32(std::span<const float* const> sources, float* out, std::size_t count) {
  if (sources.size() == 1) {
    if (sources[0] != out) std::memcpy(out, sources[0], count * sizeof(float));
    return;
  }
  if (sources.size() == 2) {
    add_two(sources[0], sources[1], out, count);
    return;
  }
  std::array<float, kBlock> block;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    add_two(sources[0] + begin, sources[1] + begin, block.data(), size);
    for (std::size_t source = 2; source < sources.size(); ++source) {
      add_two(block.data(), sources[source] + begin, block.data(), size);
    }
    std::memcpy(out + begin, block.data(), size * sizeof(float));
  }
}

void sum_bfloat16(std::span<const BFloat16* const> sources, float* out, std::size_t count) {
  std::array<float, kBlock> wide;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    widen(sources[0] + begin, out + begin, size);
    for (std::size_t source = 1; source < sources.size(); ++source) {
      widen(sources[source] + begin, wide.data(), size);
      add_two(out + begin, wide.data(), out + begin, size);
    }
  }
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
