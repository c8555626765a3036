#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class LossType { CrossEntropy, Mse, L1, Bce };
template <>
inline constexpr auto enum_names<LossType> =
    std::array<std::string_view, 4>{"cross_entropy", "mse", "l1", "bce"};

/// Group `train.loss`.
struct LossOptions {
  LossType type{LossType::CrossEntropy};
  Fraction label_smoothing{0.0};
  std::vector<double> class_weights;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("type", type,
          "cross_entropy: of classes or tokens; mse, l1: squared or absolute error of the numbers "
          "of data.targets; bce: binary cross entropy of each of them, which are from 0 to 1.");
    visit("label_smoothing", label_smoothing,
          "cross_entropy: share of the target that is spread evenly over all classes.",
          Fraction{0.0}, Fraction{0.99});
    visit("class_weights", class_weights,
          "cross_entropy: factor of each class's samples in the mean; empty: all count alike.", 0.0,
          1e6);
  }
};

}  // namespace greentrain
