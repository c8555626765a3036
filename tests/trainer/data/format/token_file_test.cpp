#include "trainer/data/format/token_file.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/data/format/token_files.h"
#include "trainer/data/format/mapped_file.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TokenFile opened(const std::string& bytes, TokenWidth stated) { return {{"a.bin", bytes}, stated}; }

void expect_refused(const std::string& bytes, TokenWidth stated, const std::string& why) {
  EXPECT_THAT([&] { opened(bytes, stated); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("a.bin: "), HasSubstr(why))));
}

TEST(TokenFile, reads_raw_tokens_of_the_stated_width) {
  for (const std::string& bytes : {raw_tokens<std::uint16_t>({1, 65535, 3})}) {
    const TokenFile file = opened(bytes, TokenWidth::Uint16);
    EXPECT_EQ(file.size(), 3);
    EXPECT_EQ(file.at(1), 65535);
    EXPECT_EQ(file.largest(), 65535);
  }
  const std::string wide = raw_tokens<std::uint32_t>({1, 4'000'000'000, 3});
  const TokenFile file = opened(wide, TokenWidth::Uint32);
  EXPECT_EQ(file.largest(), 4'000'000'000);
  std::vector<std::int64_t> tokens(2);
  file.copy(1, tokens);
  EXPECT_THAT(tokens, ElementsAre(4'000'000'000, 3));
}

TEST(TokenFile, takes_the_width_from_the_header_of_llm_c) {
  const std::string narrow = llmc_tokens<std::uint16_t>(20240520, 1, {7, 8, 9});
  for (const TokenWidth stated : {TokenWidth::Auto, TokenWidth::Uint16}) {
    EXPECT_EQ(opened(narrow, stated).size(), 3);
    EXPECT_EQ(opened(narrow, stated).at(2), 9);
  }
  const std::string wide = llmc_tokens<std::uint32_t>(20240801, 7, {70'000, 8});
  EXPECT_EQ(opened(wide, TokenWidth::Auto).width(), 4);
  EXPECT_EQ(opened(wide, TokenWidth::Auto).at(0), 70'000);
}

TEST(TokenFile, may_be_empty_or_hold_one_token) {
  EXPECT_EQ(opened("", TokenWidth::Uint16).size(), 0);
  EXPECT_EQ(opened("", TokenWidth::Uint16).largest(), -1);
  EXPECT_EQ(opened(raw_tokens<std::uint16_t>({5}), TokenWidth::Uint16).size(), 1);
  EXPECT_EQ(opened(llmc_tokens<std::uint16_t>(20240520, 1, {}), TokenWidth::Auto).size(), 0);
}

TEST(TokenFile, refuses_a_width_that_nobody_states) {
  expect_refused(raw_tokens<std::uint16_t>({1, 2}), TokenWidth::Auto, "set data.token_width to");
}

TEST(TokenFile, refuses_a_width_that_the_header_contradicts) {
  expect_refused(llmc_tokens<std::uint16_t>(20240520, 1, {1}), TokenWidth::Uint32,
                 "data.token_width is uint32, but the file's header says uint16");
  expect_refused(llmc_tokens<std::uint32_t>(20240801, 7, {1}), TokenWidth::Uint16,
                 "header says uint32");
}

TEST(TokenFile, refuses_a_length_that_is_no_multiple_of_the_width) {
  expect_refused("abc", TokenWidth::Uint16, "3 bytes, expected a multiple of 2");
  expect_refused("abcdef", TokenWidth::Uint32, "6 bytes, expected a multiple of 4");
}

TEST(TokenFile, refuses_tokens_that_look_twice_as_wide) {
  std::vector<std::uint32_t> tokens(100, 50'000);
  expect_refused(raw_tokens(tokens), TokenWidth::Uint16, "look like tokens of 4 bytes");
  tokens[40] = 70'000;
  EXPECT_EQ(opened(raw_tokens(tokens), TokenWidth::Uint16).size(), 200);  // Could be either.
  EXPECT_EQ(opened(std::string(400, '\0'), TokenWidth::Uint16).size(), 200);
}

TEST(TokenFile, refuses_a_header_that_does_not_fit_the_file) {
  const std::string good = llmc_tokens<std::uint16_t>(20240520, 1, {1, 2, 3});
  expect_refused(good.substr(0, good.size() - 1), TokenWidth::Auto,
                 "the header promises 3 tokens of 2 bytes, but 5 bytes follow it, expected 6");
  expect_refused(good + "ab", TokenWidth::Auto, "8 bytes follow it");
  expect_refused(good.substr(0, 500), TokenWidth::Auto, "expected a header of 1024");
  expect_refused(llmc_tokens<std::uint16_t>(20240520, 2, {1}), TokenWidth::Auto, "version 2");
}

TEST(TokenFile, names_the_first_id_past_the_vocabulary) {
  const std::string bytes = raw_tokens<std::uint16_t>({1, 49, 50, 51});
  const TokenFile file = opened(bytes, TokenWidth::Uint16);
  EXPECT_NO_THROW(file.check_vocabulary(52));
  EXPECT_THAT([&] { file.check_vocabulary(50); },
              ThrowsMessage<UsageError>(HasSubstr("a.bin: token 2 is 50, expected ids below 50")));
  const std::string read_wrongly = raw_tokens<std::uint16_t>({1, 2, 3, 4});
  EXPECT_THAT([&] { opened(read_wrongly, TokenWidth::Uint32).check_vocabulary(50'257); },
              ThrowsMessage<UsageError>(HasSubstr("the tokens were read as uint32")));
}

// A file with a hole takes no room on the disk.
TEST(TokenFile, reaches_what_lies_beyond_4_GiB) {
  TestFolder folder;
  const std::string path = (folder / "large.bin").string();
  constexpr std::int64_t kTokens = (std::int64_t{1} << 31) + 1000;  // 4 GiB and a bit.
  {
    std::ofstream file(path, std::ios::binary);
    file.seekp(2 * (kTokens - 2));
    file << raw_tokens<std::uint16_t>({17, 18});
  }
  const MappedFile mapped(path);
  const TokenFile file({path, mapped.bytes()}, TokenWidth::Uint16);
  EXPECT_EQ(file.size(), kTokens);
  EXPECT_EQ(file.at(kTokens - 1), 18);
  std::vector<std::int64_t> tokens(3);
  file.copy(kTokens - 3, tokens);
  EXPECT_THAT(tokens, ElementsAre(0, 17, 18));
}

TEST(MappedFile, says_what_cannot_be_opened) {
  EXPECT_THAT([] { MappedFile("no/such.bin"); },
              ThrowsMessage<UsageError>(HasSubstr("no/such.bin: cannot read: No such file")));
}

TEST(MappedFile, notices_that_the_file_has_shrunk) {
  TestFolder folder;
  const std::string path = (folder / "a.bin").string();
  std::ofstream(path) << "abcdef";
  const MappedFile file(path);
  EXPECT_NO_THROW(file.check_size());
  std::filesystem::resize_file(path, 2);
  EXPECT_THAT([&] { file.check_size(); },
              ThrowsMessage<Error>(HasSubstr("a.bin: 2 bytes, but 6 when training began")));
}

}  // namespace
}  // namespace greentrain
