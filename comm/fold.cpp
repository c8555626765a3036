#include "comm/fold.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = 512;  ///< Elements folded at a time, in the first-level cache.

template <class T>
bool precedes(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (a == b) return std::signbit(a) && !std::signbit(b);
  }
  return a < b;
}

template <class T>
bool is_nan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

struct Sum {
  template <class T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      using Wrapping = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Wrapping>(a) + static_cast<Wrapping>(b));
    } else {
      return a + b;
    }
  }
};

struct Min {
  template <class T>
  static T apply(T a, T b) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    return precedes(b, a) ? b : a;
  }
};

struct Max {
  template <class T>
  static T apply(T a, T b) {
    if (is_nan(a) || is_nan(b)) return std::numeric_limits<T>::quiet_NaN();
    return precedes(a, b) ? b : a;
  }
};

template <class T>
T load(T value) {
  return value;
}
float load(BFloat16 value) { return to_float(value); }

template <class T, class Accumulator>
T store(Accumulator value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return to_bfloat16(value);
  } else {
    return value;
  }
}

template <class Op, class T>
void fold_elements(std::span<const void* const> sources, T* into, std::size_t count) {
  using Accumulator = decltype(load(T{}));
  std::array<Accumulator, kBlock> sums;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t length = std::min(kBlock, count - begin);
    const T* first = static_cast<const T*>(sources.front()) + begin;
    for (std::size_t i = 0; i < length; ++i) sums[i] = load(first[i]);
    for (const void* source : sources.subspan(1)) {
      const T* next = static_cast<const T*>(source) + begin;
      for (std::size_t i = 0; i < length; ++i) sums[i] = Op::apply(sums[i], load(next[i]));
    }
    for (std::size_t i = 0; i < length; ++i) into[begin + i] = store<T>(sums[i]);
  }
}

template <class Op>
void fold_type(std::span<const void* const> sources, BufferView into) {
  switch (into.type) {
    case ElementType::Float32:
      return fold_elements<Op>(sources, static_cast<float*>(into.data), into.count);
    case ElementType::BFloat16:
      return fold_elements<Op>(sources, static_cast<BFloat16*>(into.data), into.count);
    case ElementType::Float64:
      return fold_elements<Op>(sources, static_cast<double*>(into.data), into.count);
    case ElementType::Int32:
      return fold_elements<Op>(sources, static_cast<std::int32_t*>(into.data), into.count);
    case ElementType::Int64:
      return fold_elements<Op>(sources, static_cast<std::int64_t*>(into.data), into.count);
    case ElementType::UInt8:
      return fold_elements<Op>(sources, static_cast<std::uint8_t*>(into.data), into.count);
  }
}

}  // namespace

void fold(std::span<const void* const> sources, BufferView into, ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum:
      return fold_type<Sum>(sources, into);
    case ReduceOp::Min:
      return fold_type<Min>(sources, into);
    case ReduceOp::Max:
      return fold_type<Max>(sources, into);
  }
}

std::size_t tree_split(std::size_t count) { return std::bit_floor(count - 1); }

void fold_records(std::span<const Record> records, Record& into, CombineRecord combine) {
  if (records.size() == 1) {
    into = records.front();
    return;
  }
  const std::size_t first_half = tree_split(records.size());
  Record second;
  fold_records(records.subspan(first_half), second, combine);
  fold_records(records.first(first_half), into, combine);
  combine(into, second);
}

void check_all_to_all(ConstBufferView input, ConstBufferView output, int ranks) {
  if (input.type == output.type && input.count == output.count &&
      input.count % static_cast<std::size_t>(ranks) == 0) {
    return;
  }
  throw Error(fmt::format(
      "all_to_all: found {} {} to send and {} {} to receive for {} ranks, expected the same "
      "number of both, a multiple of the ranks",
      input.count, name_of(input.type), output.count, name_of(output.type), ranks));
}

void check_parts(const char* call, ConstBufferView part, ConstBufferView parts, int ranks) {
  const std::size_t expected = part.count * static_cast<std::size_t>(ranks);
  if (parts.type == part.type && parts.count == expected) return;
  throw Error(fmt::format("{}: found {} {} for {} ranks with {} {} each, expected {}", call,
                          parts.count, name_of(parts.type), ranks, part.count, name_of(part.type),
                          expected));
}

}  // namespace greentrain
