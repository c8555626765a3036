#pragma once

#include <ATen/core/Tensor.h>

namespace greentrain {

class Layer;

/// layer.forward(x), of which x alone is kept until backward, which computes the rest again (Chen
/// et al. 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174): memory for
/// time.
///
/// The second forward sees what the first did: the state of the random generator, so that dropout
/// drops the same; autocast's settings; and weights, which change only once their gradients are
/// there. It leaves generator and buffers, such as running statistics, as they were. Gradients have
/// the bits they have without it. Casts of autocast are not cached in between: one made in the
/// first forward has no gradient.
///
/// The layer outlives the backward. Hooks on its parameters fire as always, after all of the layer.
at::Tensor recomputed_forward(Layer& layer, const at::Tensor& x);

}  // namespace greentrain
