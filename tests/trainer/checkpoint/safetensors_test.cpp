#include "trainer/checkpoint/safetensors.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A file with this header and data; headers here are shorter than 256 bytes.
std::string file_of(const std::string& header, const std::string& data = "") {
  return static_cast<char>(header.size()) + std::string(7, '\0') + header + data;
}

// Written from the format's description: metadata and two tensors, 35 + 55 + 63 characters of JSON
// and 7 spaces, so a header of 160 = 0xa0 bytes.
// 1.0f and -2.0f are 00 00 80 3f and 00 00 00 c0, the int64 3 is 03 and seven zeros.
const std::string kGolden =
    std::string("\xa0\0\0\0\0\0\0\0", 8) + R"({"__metadata__":{"made_by":"test"},)" +
    R"("step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)" +
    R"("a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}})" + std::string(7, ' ') +
    std::string("\x03\0\0\0\0\0\0\0", 8) + std::string("\0\0\x80\x3f\0\0\0\xc0", 8);

TEST(Safetensors, writes_exactly_the_bytes_that_the_format_describes) {
  const std::vector<float> weight{1, -2};
  const std::int64_t step = 3;
  const Safetensors content{{{"made_by", "test"}},
                            {{"a.weight", "F32", {1, 2}, std::as_bytes(std::span(weight))},
                             {"step", "I64", {}, std::as_bytes(std::span(&step, 1))}}};
  EXPECT_EQ(format_safetensors(content), kGolden);
  const SafetensorsPieces pieces =
      safetensors_pieces(content);  // Widest elements first; no copies.
  EXPECT_EQ(pieces.head, kGolden.substr(0, 168));
  ASSERT_EQ(pieces.tensors.size(), 2u);
  EXPECT_EQ(pieces.tensors[0].data(), content.tensors[1].bytes.data());
  EXPECT_EQ(pieces.tensors[1].data(), content.tensors[0].bytes.data());
}

TEST(Safetensors, reads_names_shapes_bytes_and_metadata) {
  const auto content = parse_safetensors(kGolden, "a.safetensors");
  EXPECT_THAT(content.metadata, ElementsAre(Pair("made_by", "test")));
  ASSERT_EQ(content.tensors.size(), 2u);
  EXPECT_EQ(content.tensors[0].name, "step");
  EXPECT_EQ(content.tensors[0].dtype, "I64");
  EXPECT_THAT(content.tensors[0].shape, IsEmpty());
  EXPECT_EQ(text(content.tensors[0].bytes), kGolden.substr(168, 8));
  EXPECT_EQ(content.tensors[1].name, "a.weight");
  EXPECT_THAT(content.tensors[1].shape, ElementsAre(1, 2));
  EXPECT_EQ(text(content.tensors[1].bytes), kGolden.substr(176));
}

TEST(Safetensors, an_empty_file_is_an_empty_object) {
  EXPECT_EQ(format_safetensors({}), file_of("{}      "));
  const auto unpadded = file_of("{}");
  EXPECT_THAT(parse_safetensors(unpadded, "a").tensors, IsEmpty());
}

TEST(Safetensors, tensors_without_elements_and_names_in_any_order_come_back) {
  const Safetensors content{{},
                            {{"z", "U8", {3}, bytes("abc")},
                             {"empty", "F32", {0, 7}, {}},
                             {"b", "F16", {1}, bytes("de")},
                             {"\"\n\xc3\xa9", "F16", {1}, bytes("fg")}}};
  const auto file = format_safetensors(content);
  const auto read = parse_safetensors(file, "a");
  std::vector<std::string> found;
  for (const auto& tensor : read.tensors) found.push_back(tensor.name + "=" + text(tensor.bytes));
  EXPECT_THAT(found, ElementsAre("empty=", "\"\n\xc3\xa9=fg", "b=de", "z=abc"));
}

TEST(Safetensors, does_not_write_what_could_not_be_read) {
  EXPECT_THROW(format_safetensors({{}, {{"a", "F32", {2}, bytes("abcd")}}}), Error);
  EXPECT_THROW(format_safetensors({{}, {{"a", "F31", {1}, bytes("abcd")}}}), Error);
  EXPECT_THROW(
      format_safetensors({{}, {{"a", "U8", {1}, bytes("a")}, {"a", "U8", {1}, bytes("b")}}}),
      Error);
}

struct Malformed {
  std::string file;
  std::string message;
};

class MalformedFile : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedFile, is_a_usage_error_with_the_path_and_the_reason) {
  EXPECT_THAT(
      [] { parse_safetensors(GetParam().file, "dir/a.safetensors"); },
      ThrowsMessage<UsageError>(AllOf(StartsWith("dir/a.safetensors: not a safetensors file: "),
                                      HasSubstr(GetParam().message))));
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

Malformed one_tensor(const std::string& dtype, const std::string& shape, const std::string& offsets,
                     const std::string& message) {
  return {file_of("{\"w\":" + tensor(dtype, shape, offsets) + "}", "12345678"), message};
}

Malformed two_tensors(const std::string& first, const std::string& second,
                      const std::string& message) {
  const auto header =
      "{\"v\":" + tensor("U8", "[4]", first) + ",\"w\":" + tensor("U8", "[4]", second);
  return {file_of(header + "}", "12345678"), message};
}

INSTANTIATE_TEST_SUITE_P(
    Headers, MalformedFile,
    ::testing::Values(
        Malformed{"", "0 bytes, expected at least 8"}, Malformed{"1234567", "7 bytes"},
        Malformed{std::string("\3\0\0\0\0\0\0\0{}", 10), "a header of 3 bytes in a file of 10"},
        Malformed{std::string(8, '\xff') + "{}", "a header of 18446744073709551615 bytes"},
        Malformed{file_of(""), "does not begin with '{'"},
        Malformed{file_of(" {}"), "does not begin with '{'"},
        Malformed{file_of("{\"a\":"), "is not JSON"}, Malformed{file_of("{}x"), "is not JSON"},
        Malformed{file_of("{\"\xff\":1}"), "is not JSON"},
        Malformed{file_of("{}", "x"), "the tensors end at 0 of 1 bytes"},
        Malformed{file_of(R"({"a":1,"a":2})"), "\"a\" twice"},
        Malformed{file_of(R"({"w":{"dtype":"U8","dtype":"I8"}})"), "\"dtype\" twice"},
        Malformed{file_of(R"({"__metadata__":[]})"), "__metadata__ is not an object"},
        Malformed{file_of(R"({"__metadata__":{"a":1}})"), "__metadata__: a is not a text"}));

INSTANTIATE_TEST_SUITE_P(
    Tensors, MalformedFile,
    ::testing::Values(
        Malformed{file_of(R"({"w":[]})"), "tensor w has no text \"dtype\""},
        Malformed{file_of(R"({"w":{"dtype":1}})"), "tensor w has no text \"dtype\""},
        Malformed{file_of(R"({"w":{"dtype":"U8"}})"), "tensor w has no list \"shape\""},
        one_tensor("F31", "[2]", "[0,8]", "tensor w (F31 [2]) has an unknown dtype"),
        one_tensor("F32", "[-2]", "[0,8]", "\"shape\" holds something that is no size"),
        one_tensor("F32", "[2.0]", "[0,8]", "no size"),
        one_tensor("F32", "[9223372036854775808]", "[0,8]", "no size"),
        one_tensor("F32", "[4294967296,4294967296]", "[0,8]", "larger than any memory"),
        one_tensor("F32", "[3]", "[0,8]", "tensor w (F32 [3]) needs 12 bytes"),
        one_tensor("F32", "[]", "[0,8]", "needs 4 bytes, but its data_offsets span 8"),
        one_tensor("F32", "[2]", "[0]", "expected [begin, end]"),
        one_tensor("F32", "[2]", "[8,0]", "data_offsets [8, 0]"),
        one_tensor("F32", "[2]", "[1,9]", "within the 8 bytes of data"),
        one_tensor("F32", "[1]", "[0,4]", "the tensors end at 4 of 8 bytes"),
        one_tensor("F32", "[1]", "[4,8]", "begins at 4, but the one before it ends at 0"),
        two_tensors("[0,4]", "[3,7]",
                    "tensor w (U8 [4]) begins at 3, but the one before it ends at 4"),
        two_tensors("[0,4]", "[0,4]", "begins at 0, but the one before it ends at 4")));

TEST(Safetensors, a_deeply_nested_header_is_refused_and_not_recursed_into) {
  const std::size_t depth = 1'000'000;
  const auto header = "{\"w\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  std::string file(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i));
  file += header;
  EXPECT_THROW(parse_safetensors(file, "a"), UsageError);
}

/// Changes, inserts, removes and repeats bytes, mostly in the header.
std::string mutate(std::string file, std::mt19937& random) {
  static const std::string kLikely = "0123456789[]{},:\"-.e \\\xff";
  const auto below = [&](std::size_t end) { return random() % std::max<std::size_t>(end, 1); };
  for (std::size_t changes = 1 + below(4); changes > 0 && !file.empty(); --changes) {
    const std::size_t at = below(file.size());
    switch (below(5)) {
      case 0:
        file[at] = static_cast<char>(random());
        break;
      case 1:
        file[at] = kLikely[below(kLikely.size())];
        break;
      case 2:
        file.insert(at, 1, kLikely[below(kLikely.size())]);
        break;
      case 3:
        file.erase(at, 1 + below(9));
        break;
      default:
        file.insert(at, file.substr(below(file.size()), below(40)));
    }
  }
  return file;
}

TEST(Safetensors, mutated_files_are_refused_or_name_only_their_own_bytes) {
  std::mt19937 random(20240607);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string file = mutate(kGolden, random);
    try {
      for (const auto& entry : parse_safetensors(file, "a").tensors) {
        const auto* begin = reinterpret_cast<const char*>(entry.bytes.data());
        ASSERT_GE(begin, file.data());
        ASSERT_LE(begin + entry.bytes.size(), file.data() + file.size());
      }
    } catch (const UsageError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
  EXPECT_LT(refused, 20'000);  // Some change only the elements or the texts.
}

}  // namespace
}  // namespace greentrain
