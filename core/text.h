#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace greentrain {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other
/// (Damerau-Levenshtein in its optimal-string-alignment form). Bytes, not characters.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `name` was probably meant to be: the nearest one, if it is near enough for
/// its length (one edit up to 3 letters, two up to 8, then a third of the letters).
std::optional<std::string> closest(std::string_view name, std::span<const std::string> candidates);

/// "a", "a or b", "a, b or c".
std::string join_with_or(std::span<const std::string> words);

/// Where the first byte lies that is not part of well-formed UTF-8 (RFC 3629); none: it all is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// How many characters (code points) a well-formed UTF-8 text has.
std::size_t utf8_length(std::string_view text);

}  // namespace greentrain
