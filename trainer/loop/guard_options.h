#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/config/enum_names.h"

namespace greentrain {

/// What a loss or gradient that is not finite leads to.
enum class OnNonFinite { Stop, Skip, Rollback };
template <>
inline constexpr auto enum_names<OnNonFinite> =
    std::array<std::string_view, 3>{"stop", "skip", "rollback"};

/// What a spike leads to.
enum class OnSpike { Ignore, Stop, Skip, Rollback };
template <>
inline constexpr auto enum_names<OnSpike> =
    std::array<std::string_view, 4>{"ignore", "stop", "skip", "rollback"};

/// Group `train.guards`.
struct GuardOptions {
  OnNonFinite non_finite{OnNonFinite::Stop};
  OnSpike spike{OnSpike::Ignore};
  double loss_z{6.0};
  double gradient_z{6.0};
  std::int64_t most_in_a_row{5};
  std::int64_t snapshot_every{100};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("non_finite", non_finite,
          "What a loss or gradient that is not a finite number leads to. stop: the run ends with "
          "an error, and only the loss is looked at, which costs nothing; skip: the weights stay "
          "as they were; rollback: they go back to the last snapshot.");
    visit("spike", spike,
          "The same for a loss or gradient norm far above those of the last 128 good steps.");
    visit("loss_z", loss_z, "Standard deviations above their mean that make a spike; 0: never.",
          0.0, 1000.0);
    visit("gradient_z", gradient_z, "The same for the norm of the gradient.", 0.0, 1000.0);
    visit("most_in_a_row", most_in_a_row,
          "After so many steps in a row that were skipped or rolled back, the run ends with an "
          "error.",
          1, 1'000'000);
    visit("snapshot_every", snapshot_every,
          "rollback: good steps from one snapshot in memory to the next.", 1, 1'000'000'000);
  }
};

}  // namespace greentrain
