#pragma once

#include <cstdint>

#include "trainer/loop/precision_options.h"

namespace greentrain {

/// The factor by which the loss is multiplied before backward, so that small gradients do not
/// vanish in float16 (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2); gradients are
/// divided by it before anything uses them. Grows and backs off as torch.amp.GradScaler's: pure
/// arithmetic on what all ranks agree on, so it is the same on every rank.
class LossScale {
 public:
  explicit LossScale(const LossScaleOptions& options)
      : options_(options), value_(static_cast<float>(options.initial)) {}

  double value() const { return value_; }
  void update(bool overflowed);  ///< After every step.
  /// So small that the scale is no longer what makes gradients overflow.
  bool exhausted() const { return value_ < kSmallest; }

 private:
  static constexpr float kSmallest = 1.0F / (1 << 16);

  LossScaleOptions options_;
  float value_;  ///< float32, as torch's.
  std::int64_t good_steps_{0};
};

}  // namespace greentrain
