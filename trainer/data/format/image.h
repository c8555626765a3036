#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trainer/data/format/samples.h"

namespace greentrain {

/// Pixels of 8 bits, row by row, the channels of a pixel together.
struct Pixels {
  std::int64_t width{0};
  std::int64_t height{0};
  std::int64_t channels{0};  ///< 1: grey, 3: red, green, blue.
  std::vector<std::uint8_t> values;
};

/// An image, or why there is none: "the JPEG data ends early".
struct DecodedImage {
  std::optional<Pixels> pixels;
  std::string problem;
};

/// Decodes a JPEG (libjpeg-turbo) or PNG (libpng), told apart by content, to 1 or 3 channels. What
/// is transparent becomes black; orientation and colour profile are passed over. A JPEG may be
/// decoded at a fraction of its size that still has `least_width` x `least_height` pixels, which is
/// faster. Never throws for what the bytes are; touches no global state.
DecodedImage decode_image(const RawFile& file, std::int64_t channels, std::int64_t least_width,
                          std::int64_t least_height);

/// Writes the image to `out` as [channels, height, width], one byte each: scaled until it covers
/// height x width, by a triangle filter as wide as what becomes one pixel, and cut around its
/// middle.
void fit_image(const Pixels& image, std::int64_t height, std::int64_t width,
               std::span<std::uint8_t> out);

}  // namespace greentrain
