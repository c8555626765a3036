#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/config/enum_names.h"
#include "trainer/data/format/samples.h"

namespace greentrain {

enum class TokenWidth { Auto, Uint16, Uint32 };
template <>
inline constexpr auto enum_names<TokenWidth> =
    std::array<std::string_view, 3>{"auto", "uint16", "uint32"};

/// The tokens of a .bin file, whose bytes somebody else owns: little-endian numbers of 2 or 4
/// bytes, after the 1024-byte header of llm.c's tools (magic 20240520, version 1: uint16; magic
/// 20240801, version 7: uint32) or from the first byte on. Immutable.
class TokenFile {
 public:
  /// Throws UsageError with the file's name when the header and the file's length disagree, the
  /// width is not the stated one, or is neither in the header nor stated, or the tokens look as if
  /// they had the other width.
  TokenFile(const RawFile& file, TokenWidth stated);

  std::int64_t size() const;                   ///< Tokens.
  int width() const { return wide_ ? 4 : 2; }  ///< Bytes of a token.
  std::int64_t at(std::int64_t index) const;   ///< 0 <= index < size().
  /// The tokens from `first` on.
  void copy(std::int64_t first, std::span<std::int64_t> out) const;
  std::int64_t largest() const;  ///< Touches all; -1 without tokens.
  /// Throws UsageError naming the first token that is not below `vocabulary`. Touches all.
  void check_vocabulary(std::int64_t vocabulary) const;

 private:
  void check_looks() const;

  std::string_view name_;
  std::span<const char> bytes_;  ///< Of the tokens.
  bool wide_{false};
};

}  // namespace greentrain
