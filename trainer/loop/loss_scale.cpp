#include "trainer/loop/loss_scale.h"

#include <cmath>

namespace greentrain {

// torch's _amp_update_scale_, with its check that growth stays finite. Like it, multiplies in
// double and rounds once.
void LossScale::update(bool overflowed) {
  if (overflowed) {
    value_ = static_cast<float>(value_ * options_.backoff);
    good_steps_ = 0;
  } else if (++good_steps_ == options_.growth_interval) {
    const auto grown = static_cast<float>(value_ * options_.growth);
    if (std::isfinite(grown)) value_ = grown;
    good_steps_ = 0;
  }
}

}  // namespace greentrain
