#include "trainer/data/format/gzip.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/data/format/sample_files.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Gzip, unpacks_what_was_packed) {
  for (const std::size_t size : {0, 1, 1000, 1'000'000}) {
    const std::string text(size, 'x');
    ASSERT_TRUE(is_gzip(gzip(text)));
    EXPECT_EQ(gunzip("a.gz", gzip(text)), text);
  }
}

TEST(Gzip, several_members_follow_each_other) {
  EXPECT_EQ(gunzip("a.gz", gzip("one ") + gzip("") + gzip("two")), "one two");
}

TEST(Gzip, is_recognised_by_content) {
  EXPECT_FALSE(is_gzip(std::string_view()));
  EXPECT_FALSE(is_gzip(std::string_view("\x1f")));
  EXPECT_FALSE(is_gzip(std::string_view("1,2,3")));
}

TEST(Gzip, every_truncation_is_an_error) {
  const std::string whole = gzip("some text, some more text and then some text again");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT([&] { gunzip("a.gz", std::string_view(whole).substr(0, size)); },
                ThrowsMessage<UsageError>("a.gz: byte " + std::to_string(size) +
                                          ": the gzip data ends early; the file is truncated: get "
                                          "it again"));
  }
}

TEST(Gzip, damage_is_found_by_the_checksum) {
  std::string bytes = gzip("some text");
  bytes[bytes.size() - 8] ^= 1;
  EXPECT_THAT([&] { gunzip("a.gz", bytes); },
              ThrowsMessage<UsageError>(HasSubstr(
                  "the gzip data is damaged (incorrect data check); get the file again")));
}

TEST(Gzip, bytes_after_the_last_member_are_an_error) {
  EXPECT_THAT([] { gunzip("a.gz", gzip("text") + "more"); },
              ThrowsMessage<UsageError>(HasSubstr("a.gz: byte ")));
}

}  // namespace
}  // namespace greentrain
