#include "trainer/data/format/idx.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/data/format/sample_files.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ByteRows parse(const std::string& images, const std::string& labels) {
  ByteRows rows;
  append_idx({"images", images}, {"labels", labels}, rows);
  return rows;
}

void expect_error(const std::string& images, const std::string& labels,
                  const std::string& message) {
  EXPECT_THAT([&] { parse(images, labels); }, ThrowsMessage<UsageError>(HasSubstr(message)));
}

const std::string kTwoImages = idx({2, 1, 2}, "\x01\x02\x03\xff");
const std::string kTwoLabels = idx({2}, "\x05\x09");

TEST(Idx, images_get_a_channel_and_their_labels) {
  const ByteRows rows = parse(kTwoImages, kTwoLabels);
  EXPECT_THAT(rows.shape, ElementsAre(1, 1, 2));
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 255));
  EXPECT_THAT(rows.labels, ElementsAre(5, 9));
}

TEST(Idx, flat_samples_and_images_with_channels_keep_their_shape) {
  EXPECT_THAT(parse(idx({1, 3}, "abc"), idx({1}, "\x01")).shape, ElementsAre(3));
  EXPECT_THAT(parse(idx({1, 3, 1, 1}, "abc"), idx({1}, "\x01")).shape, ElementsAre(3, 1, 1));
}

TEST(Idx, pairs_of_files_are_appended_to_each_other) {
  ByteRows rows = parse(kTwoImages, kTwoLabels);
  append_idx({"images", kTwoImages}, {"labels", kTwoLabels}, rows);
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 255, 1, 2, 3, 255));
  EXPECT_THAT(rows.labels, ElementsAre(5, 9, 5, 9));
  EXPECT_THAT(
      [&] {
        append_idx({"b", idx({1, 1, 1}, "a")}, {"c", idx({1}, "a")}, rows);
      },
      ThrowsMessage<UsageError>(
          "b: samples of shape [1, 1, 1], expected [1, 1, 2] as in the files before"));
}

TEST(Idx, a_wrong_magic_is_an_error) {
  for (const std::string& bytes :
       {std::string("\x89PNG\r\n\x1a\n"), std::string("\0\0\x0d\x03", 4),  // Floats.
        std::string("\0\0\x08\0", 4), std::string("\0\0\x08\x05", 4)}) {
    expect_error(bytes, kTwoLabels, "images: byte 0: the magic is 0x");
    expect_error(kTwoImages, bytes, "labels: byte 0: the magic is 0x");
  }
  expect_error("\x89PNG", kTwoLabels,
               "the magic is 0x89504e47, expected 0x00000801 (labels) to 0x00000804");
}

TEST(Idx, every_truncation_is_an_error) {
  for (std::size_t size = 0; size < kTwoImages.size(); ++size) {
    expect_error(kTwoImages.substr(0, size), kTwoLabels, "truncated");
  }
  for (std::size_t size = 0; size < kTwoLabels.size(); ++size) {
    expect_error(kTwoImages, kTwoLabels.substr(0, size), "truncated");
  }
  expect_error(kTwoImages.substr(0, 18), kTwoLabels,
               "images: the header says 2 x 1 x 2 bytes, but 2 follow from byte 16 on; the file is "
               "truncated or damaged: get it again");
}

TEST(Idx, bytes_after_the_last_value_are_an_error) {
  expect_error(kTwoImages + "x", kTwoLabels, "2 x 1 x 2 bytes, but 5 follow");
}

TEST(Idx, absurd_sizes_neither_overflow_nor_allocate) {
  constexpr std::uint32_t kHuge = 0xffffffff;
  expect_error(idx({kHuge, kHuge, kHuge, kHuge}, "abc"), kTwoLabels,
               "images: the header says 4294967295 x 4294967295 x 4294967295 x 4294967295 bytes, "
               "but 3 follow");
  constexpr std::uint32_t kHalf = 0x80000000;  // 2^31 * 2^31 * 4 is 2^64: 0 when it wraps.
  expect_error(idx({kHalf, kHalf, 4}, ""), kTwoLabels, "but 0 follow");
}

TEST(Idx, no_image_and_images_without_pixels_are_errors) {
  expect_error(idx({0, 1, 2}, ""), idx({0}, ""), "images: the header says 0 x 1 x 2, expected one");
  expect_error(idx({2, 0, 2}, ""), kTwoLabels, "the header says 2 x 0 x 2");
  expect_error(kTwoImages, idx({0}, ""), "labels: the header says 0");
}

TEST(Idx, numbers_of_images_and_labels_must_agree) {
  expect_error(kTwoImages, idx({3}, "abc"),
               "labels: 3 labels, expected 2: one for each image of images");
}

TEST(Idx, images_and_labels_that_are_swapped_are_named) {
  expect_error(kTwoLabels, kTwoImages,
               "images: a list of 2 bytes, expected images; data.path names");
  expect_error(kTwoImages, kTwoImages, "labels: an array of 2 x 1 x 2 bytes, expected a list");
}

}  // namespace
}  // namespace greentrain
