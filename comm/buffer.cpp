#include "comm/buffer.h"

#include <bit>

namespace greentrain {

float to_float(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

BFloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t upper = bits >> 16;
  if (value != value) return {static_cast<std::uint16_t>(upper | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7fff + (upper & 1)) >> 16)};
}

std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::UInt8:
      return 1;
    case ElementType::BFloat16:
      return 2;
    case ElementType::Float32:
    case ElementType::Int32:
      return 4;
    case ElementType::Float64:
    case ElementType::Int64:
      return 8;
  }
  return 0;
}

const char* name_of(ElementType type) {
  switch (type) {
    case ElementType::UInt8:
      return "uint8";
    case ElementType::BFloat16:
      return "bfloat16";
    case ElementType::Float32:
      return "float32";
    case ElementType::Int32:
      return "int32";
    case ElementType::Float64:
      return "float64";
    case ElementType::Int64:
      return "int64";
  }
  return "?";
}

}  // namespace greentrain
