#pragma once

#include <ATen/core/Tensor.h>

#include "trainer/data/dataset.h"
#include "trainer/metrics/loss_options.h"

namespace greentrain {

/// One row of outputs per target: [n, classes] as it is, [n, context, vocabulary] with tokens as
/// rows.
at::Tensor output_rows(const at::Tensor& outputs);

/// What training makes small, `train.loss`: a function of a model's outputs and the targets, in the
/// definitions of torch.nn.functional. Immutable.
///
/// cross_entropy is, for class y with log-probabilities l and weights w, with s of label_smoothing
/// and K classes: -(1 - s) w_y l_y - s / K sum_k w_k l_k (Szegedy et al. 2016, arXiv 1512.00567,
/// section 7). Unlike torch's mean, which divides by the sum of the weights that a batch happens to
/// hold, ours divides by its samples, so that a sample counts the same in every batch. For text it
/// is the mean over a sample's tokens; for several numbers their mean.
class Loss {
 public:
  /// Throws UsageError when the class weights are not one for each class of the data.
  Loss(const LossOptions& options, const DatasetInfo& data);

  /// Sum over a batch's samples, as a differentiable scalar.
  at::Tensor summed(const at::Tensor& outputs, const Batch& batch) const;
  /// Each sample's, [n]. Its sum is summed() but for rounding.
  at::Tensor by_sample(const at::Tensor& outputs, const Batch& batch) const;

  /// Sum of the cross entropy without weights and smoothing: what perplexity is made of.
  static at::Tensor summed_cross_entropy(const at::Tensor& outputs, const Batch& batch);

  LossType type() const { return options_.type; }
  bool is_plain_cross_entropy() const;

 private:
  at::Tensor cross_entropy(const at::Tensor& outputs, const Batch& batch) const;  ///< By target.
  at::Tensor of_numbers(const at::Tensor& outputs, const Batch& batch) const;     ///< By number.

  LossOptions options_;
  at::Tensor class_weights_;  ///< [classes]; undefined: all 1.
};

}  // namespace greentrain
