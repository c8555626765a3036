#pragma once

#include <cstdint>

namespace greentrain {

/// Group `data.augment`: what is changed at random about training samples, anew in each epoch.
struct AugmentOptions {
  bool flip{false};
  std::int64_t crop_padding{0};
  std::int64_t cutout{0};
  double mixup{0.0};

  bool changes_images() const { return flip || crop_padding > 0 || cutout > 0; }

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("flip", flip, "Turn every other image around, left to right.");
    visit("crop_padding", crop_padding,
          "Move images by up to so many pixels each way; what comes in is filled with the mean.", 0,
          1024);
    visit("cutout", cutout, "Side in pixels of a square that is filled with the mean; 0: none.", 0,
          4096);
    visit("mixup", mixup,
          "Mix each sample with another one, in shares that follow Beta(mixup, mixup); 0: do not.",
          0.0, 1.0);
  }
};

}  // namespace greentrain
