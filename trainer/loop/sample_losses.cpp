#include "trainer/loop/sample_losses.h"

#include <ATen/ops/nonzero.h>

namespace greentrain {

at::Tensor sample_losses(const Loss& loss, const at::Tensor& outputs, const Batch& batch) {
  const at::Tensor losses = loss.by_sample(outputs, batch);
  if (!batch.shares.defined()) return losses;
  Batch other = batch;
  other.targets = batch.other_targets;
  return batch.shares * losses + (1 - batch.shares) * loss.by_sample(outputs, other);
}

Batch readable(const Batch& batch) {
  if (!batch.weights.defined()) return batch;
  const at::Tensor rows = at::nonzero(batch.weights).flatten();
  if (rows.numel() == batch.samples) return batch;
  return {batch.inputs.index_select(0, rows), batch.targets.index_select(0, rows), rows.numel()};
}

}  // namespace greentrain
