#pragma once

#include <array>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class PruningMethod { None, Infobatch, Rs2 };
template <>
inline constexpr auto enum_names<PruningMethod> =
    std::array<std::string_view, 3>{"none", "infobatch", "rs2"};

/// Group `data.pruning`.
struct PruningOptions {
  PruningMethod method{PruningMethod::None};
  Fraction ratio{0.5};
  Fraction delta{0.875};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("method", method,
          "Which training samples an epoch leaves out: none; infobatch: some of those that are "
          "learnt well; rs2: a random part, another one in each epoch.");
    visit("ratio", ratio,
          "Share left out: with rs2 of all training samples, with infobatch of those whose loss is "
          "below the mean.",
          Fraction{0.0}, Fraction{0.99});
    visit("delta", delta,
          "infobatch: share of the epochs that leave samples out; the last ones visit all.",
          Fraction{0.0}, Fraction{1.0});
  }
};

}  // namespace greentrain
