#include "trainer/loop/evaluator.h"

#include <algorithm>
#include <array>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "trainer/data/order.h"
#include "trainer/loop/device.h"

namespace greentrain {
namespace {

// One row of logits per target: [n, classes] as it is, [n, context, vocabulary] with tokens as
// rows.
at::Tensor rows(const at::Tensor& logits) { return logits.flatten(0, -2); }

double correct_fraction_sum(const at::Tensor& logits, const Batch& batch) {
  const at::Tensor hits = rows(logits).argmax(-1).eq(batch.targets.flatten());
  const auto tokens_per_sample = static_cast<double>(hits.numel() / batch.samples);
  return hits.sum().item<double>() / tokens_per_sample;
}

}  // namespace

at::Tensor summed_loss(const at::Tensor& logits, const Batch& batch) {
  const at::Tensor mean = at::cross_entropy_loss(rows(logits), batch.targets.flatten());
  return mean * static_cast<double>(batch.samples);
}

Evaluator::Evaluator(Communicator& comm, Model& model, const Dataset& data, std::int64_t batch_size,
                     const std::atomic<bool>& stop_requested)
    : comm_(comm),
      model_(model),
      data_(data),
      batch_size_(batch_size),
      stop_requested_(stop_requested) {}

std::optional<Evaluation> Evaluator::evaluate(std::span<const std::int64_t> indices) {
  const at::NoGradGuard no_gradients;
  model_.eval();
  double loss = 0;
  double correct = 0;
  auto mine = rank_slice(indices, comm_.rank(), comm_.size());
  while (!mine.empty() && !stop_requested_.load()) {
    const auto count = std::min(mine.size(), static_cast<std::size_t>(batch_size_));
    const Batch batch = to_device(data_.gather(mine.first(count)), device_of(model_));
    const at::Tensor logits = model_.forward(batch.inputs);
    loss += summed_loss(logits, batch).item<double>();
    correct += correct_fraction_sum(logits, batch);
    mine = mine.subspan(count);
  }
  model_.train();

  std::array<double, 3> sums{loss, correct, static_cast<double>(mine.size())};
  comm_.all_reduce(BufferView::of(std::span<double>(sums)));
  const auto [loss_sum, correct_sum, left_out] = sums;
  if (left_out > 0) return std::nullopt;
  const auto samples = static_cast<double>(indices.size());
  return Evaluation{loss_sum / samples, correct_sum / samples,
                    static_cast<std::int64_t>(indices.size())};
}

}  // namespace greentrain
