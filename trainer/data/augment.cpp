#include "trainer/data/augment.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace greentrain {
namespace {

std::int64_t below(CounterRandom& random, std::int64_t bound) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
}

}  // namespace

CounterRandom augment_random(std::uint64_t seed, std::int64_t epoch, std::int64_t samples,
                             std::int64_t index) {
  return {seed, RandomPurpose::Augment, static_cast<std::uint64_t>(epoch * samples + index)};
}

ImageAugmenter::ImageAugmenter(const AugmentOptions& options, std::span<const std::int64_t> shape,
                               std::vector<float> fill)
    : options_(options), height_(shape[1]), width_(shape[2]), fill_(std::move(fill)) {}

void ImageAugmenter::apply(std::span<float> image, CounterRandom& random,
                           std::vector<float>& scratch) const {
  const std::int64_t padding = options_.crop_padding;
  const std::int64_t down = below(random, 2 * padding + 1) - padding;
  const std::int64_t right = below(random, 2 * padding + 1) - padding;
  const bool flip = below(random, 2) == 1 && options_.flip;
  if (down != 0 || right != 0 || flip) move(image, down, right, flip, scratch);
  if (options_.cutout == 0) return;
  const std::int64_t row = below(random, height_);
  cut_out(image, row, below(random, width_));
}

void ImageAugmenter::move(std::span<float> image, std::int64_t down, std::int64_t right, bool flip,
                          std::vector<float>& scratch) const {
  scratch.assign(image.begin(), image.end());
  // Of each line, columns [begin, end) of the picture show; right of them for a move to the left.
  const std::int64_t begin = std::clamp<std::int64_t>(-right, 0, width_);
  const std::int64_t end = std::clamp<std::int64_t>(width_ - right, 0, width_);
  const std::int64_t left = std::clamp<std::int64_t>(flip ? -right : right, 0, width_);
  auto out = image.begin();
  auto channel_begin = scratch.cbegin();
  for (const float fill : fill_) {
    for (std::int64_t row = 0; row < height_; ++row, out += width_) {
      const std::int64_t from = row - down;
      if (from < 0 || from >= height_ || begin >= end) {
        std::fill_n(out, width_, fill);
        continue;
      }
      const auto line = channel_begin + from * width_;
      std::fill_n(out, left, fill);
      const auto rest = flip ? std::reverse_copy(line + begin, line + end, out + left)
                             : std::copy(line + begin, line + end, out + left);
      std::fill(rest, out + width_, fill);
    }
    channel_begin += height_ * width_;
  }
}

void ImageAugmenter::cut_out(std::span<float> image, std::int64_t row, std::int64_t column) const {
  const auto range = [&](std::int64_t centre, std::int64_t size) {
    const std::int64_t first = centre - options_.cutout / 2;
    return std::pair(std::max<std::int64_t>(first, 0), std::min(first + options_.cutout, size));
  };
  const auto [top, bottom] = range(row, height_);
  const auto [left, right] = range(column, width_);
  auto channel = image.begin();
  for (const float fill : fill_) {
    for (std::int64_t y = top; y < bottom; ++y) {
      std::fill(channel + y * width_ + left, channel + y * width_ + right, fill);
    }
    channel += height_ * width_;
  }
}

double mixup_share(double alpha, CounterRandom& random) {
  while (true) {  // In logarithms, since a small alpha makes the powers vanish.
    const double first = std::log(random.uniform()) / alpha;
    const double second = std::log(random.uniform()) / alpha;
    const double larger = std::max(first, second);
    const double sum = larger + std::log(std::exp(first - larger) + std::exp(second - larger));
    if (sum <= 0) return std::exp(first - sum);
  }
}

}  // namespace greentrain
