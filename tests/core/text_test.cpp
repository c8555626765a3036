#include "core/text.h"

#include <vector>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using Words = std::vector<std::string>;

TEST(EditDistance, counts_insertions_deletions_substitutions_and_swaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("abc", "abxc"), 1u);
  EXPECT_EQ(edit_distance("abc", "ac"), 1u);
  EXPECT_EQ(edit_distance("abc", "axc"), 1u);
  EXPECT_EQ(edit_distance("abcd", "abdc"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Closest, finds_the_nearest_word_that_is_near_enough) {
  const Words words{"epochs", "device", "dir"};
  EXPECT_EQ(closest("epohcs", words), "epochs");
  EXPECT_EQ(closest("devise", words), "device");
  EXPECT_EQ(closest("directory", words), std::nullopt);
  EXPECT_EQ(closest("", words), std::nullopt);
  EXPECT_EQ(closest("epochs", Words{}), std::nullopt);
}

TEST(Closest, allows_short_names_one_edit_only) {
  EXPECT_EQ(closest("lr", Words{"dir"}), std::nullopt);
  EXPECT_EQ(closest("dri", Words{"dir"}), "dir");
  EXPECT_EQ(closest("x", Words{"y"}), std::nullopt);
}

TEST(JoinWithOr, reads_like_a_sentence) {
  EXPECT_EQ(join_with_or(Words{}), "");
  EXPECT_EQ(join_with_or(Words{"a"}), "a");
  EXPECT_EQ(join_with_or(Words{"a", "b"}), "a or b");
  EXPECT_EQ(join_with_or(Words{"a", "b", "c"}), "a, b or c");
}

TEST(FindInvalidUtf8, accepts_every_length_of_character) {
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xB1"), std::nullopt);
}

TEST(FindInvalidUtf8, names_the_first_byte_that_is_wrong) {
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2u);
  EXPECT_EQ(find_invalid_utf8("a\xC3"), 1u);             // Cut short.
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0u);          // Overlong.
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\xAF"), 0u);      // Overlong.
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0u);      // A surrogate.
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);  // Past U+10FFFF.
  EXPECT_EQ(find_invalid_utf8("\x80"), 0u);              // A continuation alone.
}

TEST(Utf8Length, counts_characters) {
  EXPECT_EQ(utf8_length(""), 0u);
  EXPECT_EQ(utf8_length("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xB1"), 4u);
}

}  // namespace
}  // namespace greentrain
