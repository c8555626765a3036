#include "trainer/metrics/loss.h"

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::int64_t kIgnoreNone = -100;  // torch's default.

}  // namespace

at::Tensor output_rows(const at::Tensor& outputs) { return outputs.flatten(0, -2); }

Loss::Loss(const LossOptions& options, const DatasetInfo& data) : options_(options) {
  const auto weights = std::ssize(options.class_weights);
  if (weights == 0) return;
  if (weights != data.classes) {
    throw UsageError(fmt::format(
        "train.loss.class_weights holds {} weights, but {} has {} classes: expected one for each",
        weights, data.name, data.classes));
  }
  class_weights_ = at::tensor(options.class_weights).to(at::kFloat);
}

bool Loss::is_plain_cross_entropy() const {
  return options_.type == LossType::CrossEntropy && !class_weights_.defined() &&
         options_.label_smoothing.value == 0;
}

at::Tensor Loss::summed(const at::Tensor& outputs, const Batch& batch) const {
  if (is_plain_cross_entropy()) return summed_cross_entropy(outputs, batch);
  return by_sample(outputs, batch).sum();
}

at::Tensor Loss::by_sample(const at::Tensor& outputs, const Batch& batch) const {
  const at::Tensor losses = options_.type == LossType::CrossEntropy ? cross_entropy(outputs, batch)
                                                                    : of_numbers(outputs, batch);
  return losses.view({batch.samples, -1}).mean(1);
}

at::Tensor Loss::summed_cross_entropy(const at::Tensor& outputs, const Batch& batch) {
  const at::Tensor mean = at::cross_entropy_loss(output_rows(outputs), batch.targets.flatten());
  return mean.mul(static_cast<double>(batch.samples));
}

at::Tensor Loss::cross_entropy(const at::Tensor& outputs, const Batch& batch) const {
  const at::Tensor rows = output_rows(outputs);
  std::optional<at::Tensor> weights;
  if (class_weights_.defined()) weights = class_weights_.to(rows.options());
  return at::cross_entropy_loss(rows, batch.targets.flatten(), weights, at::Reduction::None,
                                kIgnoreNone, options_.label_smoothing.value);
}

at::Tensor Loss::of_numbers(const at::Tensor& outputs, const Batch& batch) const {
  const at::Tensor rows = outputs.flatten(1);
  switch (options_.type) {
    case LossType::Mse:
      return at::mse_loss(rows, batch.targets, at::Reduction::None);
    case LossType::L1:
      return at::l1_loss(rows, batch.targets, at::Reduction::None);
    default:
      return at::binary_cross_entropy_with_logits(rows, batch.targets, {}, {}, at::Reduction::None);
  }
}

}  // namespace greentrain
