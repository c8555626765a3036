#include <algorithm>
#include <cmath>

#include "trainer/data/format/image.h"

namespace greentrain {
namespace {

/// What one pixel of the result takes from a line of the image.
struct Taps {
  std::int64_t first;
  std::vector<float> weights;  ///< Sum 1.
};

/// The taps of `count` pixels that share out [begin, begin + count x scale) of a line of `length`.
std::vector<Taps> triangle_taps(std::int64_t length, std::int64_t count, double begin,
                                double scale) {
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> taps;
  for (std::int64_t i = 0; i < count; ++i) {
    const double centre = begin + (static_cast<double>(i) + 0.5) * scale;
    const auto from = static_cast<std::int64_t>(std::floor(centre - reach));
    const auto to = static_cast<std::int64_t>(std::ceil(centre + reach));
    Taps of_pixel{std::max<std::int64_t>(from, 0), {}};
    double sum = 0;
    std::vector<double> weights;
    for (std::int64_t at = of_pixel.first; at < std::min(to, length); ++at) {
      const double distance = std::abs(static_cast<double>(at) + 0.5 - centre);
      weights.push_back(std::max(0.0, 1 - distance / reach));
      sum += weights.back();
    }
    for (const double weight : weights) {
      of_pixel.weights.push_back(static_cast<float>(weight / sum));
    }
    taps.push_back(std::move(of_pixel));
  }
  return taps;
}

/// The image's rows at the wished width, channels together.
std::vector<float> narrowed_rows(const Pixels& image, const std::vector<Taps>& columns) {
  const std::int64_t channels = image.channels;
  std::vector<float> rows;
  rows.reserve(static_cast<std::size_t>(image.height * channels) * columns.size());
  for (std::int64_t row = 0; row < image.height; ++row) {
    const std::uint8_t* line = image.values.data() + row * image.width * channels;
    for (const Taps& taps : columns) {
      for (std::int64_t channel = 0; channel < channels; ++channel) {
        const std::uint8_t* value = line + taps.first * channels + channel;
        float sum = 0;
        for (const float weight : taps.weights) {
          sum += weight * static_cast<float>(*value);
          value += channels;
        }
        rows.push_back(sum);
      }
    }
  }
  return rows;
}

void copy_planes(const Pixels& image, std::span<std::uint8_t> out) {
  auto next = out.begin();
  const std::int64_t pixels = image.width * image.height;
  for (std::int64_t channel = 0; channel < image.channels; ++channel) {
    for (std::int64_t i = 0; i < pixels; ++i) {
      *next++ = image.values[static_cast<std::size_t>(i * image.channels + channel)];
    }
  }
}

}  // namespace

void fit_image(const Pixels& image, std::int64_t height, std::int64_t width,
               std::span<std::uint8_t> out) {
  if (image.height == height && image.width == width) return copy_planes(image, out);
  const auto ratio = [](std::int64_t whole, std::int64_t part) {
    return static_cast<double>(whole) / static_cast<double>(part);
  };
  const double scale = std::min(ratio(image.width, width), ratio(image.height, height));
  const auto taps = [&](std::int64_t length, std::int64_t count) {
    const double covered = static_cast<double>(count) * scale;
    return triangle_taps(length, count, (static_cast<double>(length) - covered) / 2, scale);
  };
  const std::vector<float> rows = narrowed_rows(image, taps(image.width, width));
  const std::int64_t in_row = width * image.channels;
  std::int64_t y = 0;
  for (const Taps& lines : taps(image.height, height)) {
    for (std::int64_t i = 0; i < in_row; ++i) {
      const float* value = rows.data() + lines.first * in_row + i;
      float sum = 0;
      for (const float weight : lines.weights) {
        sum += weight * *value;
        value += in_row;
      }
      const std::int64_t place = (i % image.channels * height + y) * width + i / image.channels;
      out[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(std::lround(sum));
    }
    ++y;
  }
}

}  // namespace greentrain
