#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace greentrain {

/// A bfloat16 as its 16 bits; sums are made in float32.
struct BFloat16 {
  std::uint16_t bits;
};
float to_float(BFloat16 value);
BFloat16 to_bfloat16(float value);  ///< Rounds to nearest, ties to even; a NaN stays a NaN.

enum class ElementType { Float32, BFloat16, Float64, Int32, Int64, UInt8 };

std::size_t size_of(ElementType type);  ///< Bytes of one element.
const char* name_of(ElementType type);  ///< "float32".

template <class T>
inline constexpr ElementType element_type =
    [] { static_assert(sizeof(T) == 0, "no such element type"); }();
template <>
inline constexpr ElementType element_type<float> = ElementType::Float32;
template <>
inline constexpr ElementType element_type<BFloat16> = ElementType::BFloat16;
template <>
inline constexpr ElementType element_type<double> = ElementType::Float64;
template <>
inline constexpr ElementType element_type<std::int32_t> = ElementType::Int32;
template <>
inline constexpr ElementType element_type<std::int64_t> = ElementType::Int64;
template <>
inline constexpr ElementType element_type<std::uint8_t> = ElementType::UInt8;

/// Elements in memory that someone else owns.
struct BufferView {
  void* data;
  std::size_t count;  ///< Elements, not bytes.
  ElementType type;

  template <class T>
  static BufferView of(std::span<T> values) {
    return {values.data(), values.size(), element_type<T>};
  }
  std::size_t bytes() const { return count * size_of(type); }
};

struct ConstBufferView {
  const void* data;
  std::size_t count;  ///< Elements, not bytes.
  ElementType type;

  template <class T>
  static ConstBufferView of(std::span<const T> values) {
    return {values.data(), values.size(), element_type<T>};
  }
  std::size_t bytes() const { return count * size_of(type); }
};

}  // namespace greentrain
