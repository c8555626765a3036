#include "trainer/data/format/image.h"

#include <gmock/gmock.h>

#include "tests/trainer/data/format/image_files.h"

namespace greentrain {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

DecodedImage decoded(const std::string& bytes, std::int64_t channels, std::int64_t least = 1000) {
  return decode_image({"a.jpg", bytes}, channels, least, least);
}

std::vector<std::uint8_t> fitted(const Pixels& image, std::int64_t height, std::int64_t width) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(height * width * image.channels));
  fit_image(image, height, width, out);
  return out;
}

TEST(DecodeImage, png_keeps_every_pixel) {
  const std::vector<std::uint8_t> pixels{1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252};
  const DecodedImage image = decoded(png_file(2, 2, pixels), 3);
  ASSERT_TRUE(image.pixels);
  EXPECT_EQ(image.pixels->width, 2);
  EXPECT_EQ(image.pixels->height, 2);
  EXPECT_EQ(image.pixels->values, pixels);
}

TEST(DecodeImage, makes_grey_of_colour_and_colour_of_grey) {
  const std::string grey_png = png_file(3, 1, {10, 20, 30});
  EXPECT_THAT(decoded(grey_png, 3).pixels->values, ElementsAre(10, 10, 10, 20, 20, 20, 30, 30, 30));
  const std::string white_png = png_file(1, 1, {255, 255, 255});
  EXPECT_THAT(decoded(white_png, 1).pixels->values, ElementsAre(255));
  const std::string grey_jpeg = jpeg_file(8, 8, plain_pixels(8, 8, {100}));
  EXPECT_THAT(decoded(grey_jpeg, 3).pixels->values, Each(100));
  const std::string white_jpeg = jpeg_file(8, 8, plain_pixels(8, 8, {255, 255, 255}));
  EXPECT_THAT(decoded(white_jpeg, 1).pixels->values, Each(255));
}

TEST(DecodeImage, makes_colours_of_inks) {
  // Cyan lets 200 of 255 through, black half of that.
  const std::string inks = jpeg_file(8, 8, plain_pixels(8, 8, {200, 255, 255, 128}));
  const DecodedImage colours = decoded(inks, 3);
  ASSERT_TRUE(colours.pixels);
  ASSERT_EQ(colours.pixels->values.size(), 8u * 8 * 3);
  EXPECT_NEAR(colours.pixels->values[0], 100, 2);
  EXPECT_NEAR(colours.pixels->values[1], 128, 2);
  EXPECT_NEAR(colours.pixels->values[2], 128, 2);
  const DecodedImage grey = decoded(inks, 1);
  ASSERT_EQ(grey.pixels->values.size(), 8u * 8);
  EXPECT_NEAR(grey.pixels->values[0], 0.299 * 100 + 0.701 * 128, 2);
}

TEST(DecodeImage, makes_what_is_transparent_black) {
  const DecodedImage image = decoded(png_file(1, 1, {200, 200, 200, 0}), 3);
  EXPECT_THAT(image.pixels->values, ElementsAre(0, 0, 0));
}

TEST(DecodeImage, decodes_a_large_jpeg_at_a_fraction_that_is_large_enough) {
  const std::string bytes = jpeg_file(64, 48, plain_pixels(64, 48, {50, 100, 150}));
  EXPECT_EQ(decoded(bytes, 3, 12).pixels->width, 16);
  EXPECT_EQ(decoded(bytes, 3, 13).pixels->width, 32);
  EXPECT_EQ(decoded(bytes, 3, 100).pixels->width, 64);
}

TEST(DecodeImage, says_what_is_wrong_with_bytes_that_are_no_image) {
  const std::string jpeg = jpeg_file(32, 32, plain_pixels(32, 32, {9, 8, 7}));
  const std::string png = png_file(32, 32, plain_pixels(32, 32, {9, 8, 7}));
  EXPECT_EQ(decoded("", 3).problem, "the file is empty");
  EXPECT_EQ(decoded("GIF89a", 3).problem, "it is neither JPEG nor PNG");
  EXPECT_THAT(decoded(jpeg.substr(0, jpeg.size() - 8), 3).problem,
              HasSubstr("JPEG data is damaged"));
  EXPECT_THAT(decoded(jpeg.substr(0, 20), 3).problem, HasSubstr("JPEG data is damaged"));
  EXPECT_THAT(decoded(png.substr(0, png.size() / 2), 3).problem, HasSubstr("PNG data is damaged"));
  std::string flipped = png;
  flipped[png.size() / 2] ^= 1;
  EXPECT_THAT(decoded(flipped, 3).problem, HasSubstr("PNG data is damaged"));
}

TEST(DecodeImage, takes_no_memory_for_a_size_that_only_a_header_claims) {
  std::string png = png_file(1, 1, {1, 2, 3});
  png.replace(16, 8, std::string("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8));
  EXPECT_FALSE(decoded(png, 3).pixels);
  EXPECT_FALSE(decoded(png, 3).problem.empty());
}

TEST(FitImage, separates_the_channels_of_an_image_that_fits) {
  EXPECT_THAT(fitted({2, 1, 3, {1, 2, 3, 4, 5, 6}}, 1, 2), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(FitImage, averages_what_becomes_one_pixel) {
  EXPECT_THAT(fitted({2, 2, 1, {0, 100, 100, 200}}, 1, 1), ElementsAre(100));
  const auto half =
      fitted({4, 4, 1, {0, 0, 80, 80, 0, 0, 80, 80, 80, 80, 0, 0, 80, 80, 0, 0}}, 2, 2);
  EXPECT_EQ(half[0], half[3]);
  EXPECT_EQ(half[1], half[2]);
  EXPECT_LT(half[0], half[1]);
}

TEST(FitImage, keeps_a_plain_colour_at_every_size) {
  for (const std::int64_t size : {1, 2, 3, 5, 8, 13}) {
    for (const std::int64_t wished : {1, 2, 7, 16}) {
      const Pixels image{size, 5, 3, plain_pixels(static_cast<int>(size), 5, {7, 130, 255})};
      const auto out = fitted(image, wished, wished);
      const auto plane = static_cast<std::ptrdiff_t>(wished * wished);
      EXPECT_THAT(std::vector(out.begin(), out.begin() + plane), Each(7));
      EXPECT_THAT(std::vector(out.end() - plane, out.end()), Each(255));
    }
  }
}

TEST(FitImage, cuts_around_the_middle) {
  EXPECT_THAT(fitted({6, 2, 1, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}}, 2, 2),
              ElementsAre(3, 4, 3, 4));
  EXPECT_THAT(fitted({1, 3, 1, {10, 20, 30}}, 1, 1), ElementsAre(20));
}

}  // namespace
}  // namespace greentrain
