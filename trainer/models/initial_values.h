#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "trainer/models/spec/layer_types.h"

namespace greentrain {

/// How many numbers each output of a layer is a sum of, and how many outputs each input is in.
struct Fans {
  std::int64_t in;
  std::int64_t out;
};

/// A float32 tensor of first weights, from torch's default generator:
///   he         normal, variance 2 / in: He et al. 2015 (arXiv 1502.01852), eq. 10
///   xavier     uniform, variance 2 / (in + out): Glorot and Bengio 2010, eq. 16
///   lecun      normal, variance 1 / in: LeCun et al. 1998, "Efficient BackProp", section 4.6
///   normal     normal with the given deviation
///   truncated  the same without what is more than two deviations away
///   small      normal, deviation 1 / in: Yang et al. 2022 (arXiv 2203.03466), table 3, output
///              weights, with which logits start small at any width
at::Tensor initial_values(at::IntArrayRef shape, spec::Init init, double deviation, Fans fans);

}  // namespace greentrain
