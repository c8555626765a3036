#pragma once

#include <ATen/core/Tensor.h>

#include "trainer/data/dataset.h"
#include "trainer/metrics/loss.h"

namespace greentrain {

/// Whether a batch's samples all count alike and have one target each.
inline bool is_plain(const Batch& batch) {
  return !batch.weights.defined() && !batch.shares.defined();
}

/// Each sample's loss, [n], not weighed. Of mixed samples it is the mix of the losses for both
/// targets, in the samples' shares (mixup, Zhang et al. 2018, arXiv 1710.09412, section 2).
at::Tensor sample_losses(const Loss& loss, const at::Tensor& outputs, const Batch& batch);

/// The samples of a batch that could be read; the batch itself when that are all.
Batch readable(const Batch& batch);

}  // namespace greentrain
