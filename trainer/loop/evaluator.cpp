#include "trainer/loop/evaluator.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "comm/fold.h"
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

Evaluator::Evaluator(Communicator& comm, Model& model, const Dataset& data, Shares shares,
                     std::int64_t batch_size, const std::atomic<bool>& stop_requested)
    : comm_(comm),
      model_(model),
      data_(data),
      shares_(shares),
      batch_size_(batch_size),
      stop_requested_(stop_requested) {}

std::optional<Evaluation> Evaluator::evaluate(std::span<const std::int64_t> indices) {
  const at::NoGradGuard no_gradients;
  model_.eval();
  Sums sums = measure_shares(indices, shares_.first, shares_.count);
  model_.train();

  Record record{};
  std::memcpy(record.bytes.data(), &sums, sizeof sums);
  const auto begin = std::chrono::steady_clock::now();
  comm_.reduce_record(record, [](Record& into, const Record& next) {
    Sums total;
    Sums other;
    std::memcpy(&total, into.bytes.data(), sizeof total);
    std::memcpy(&other, next.bytes.data(), sizeof other);
    add(total, other);
    std::memcpy(into.bytes.data(), &total, sizeof total);
  });
  waited_ += std::chrono::steady_clock::now() - begin;
  std::memcpy(&sums, record.bytes.data(), sizeof sums);
  if (sums.left_out > 0) return std::nullopt;
  const auto samples = static_cast<double>(indices.size());
  return Evaluation{sums.loss / samples, sums.correct / samples,
                    static_cast<std::int64_t>(indices.size())};
}

Evaluator::Sums Evaluator::measure_shares(std::span<const std::int64_t> indices, int first,
                                          int count) {
  if (count == 1) return measure(rank_slice(indices, first, shares_.total));
  const auto half = static_cast<int>(tree_split(static_cast<std::size_t>(count)));
  Sums sums = measure_shares(indices, first, half);
  add(sums, measure_shares(indices, first + half, count - half));
  return sums;
}

Evaluator::Sums Evaluator::measure(std::span<const std::int64_t> indices) {
  Sums sums;
  while (!indices.empty() && !stop_requested_.load()) {
    const auto count = std::min(indices.size(), static_cast<std::size_t>(batch_size_));
    const Batch batch = to_device(data_.gather(indices.first(count)), device_of(model_));
    const at::Tensor logits = model_.forward(batch.inputs);
    sums.loss += summed_loss(logits, batch).item<double>();
    sums.correct += correct_fraction_sum(logits, batch);
    indices = indices.subspan(count);
  }
  sums.left_out = static_cast<double>(indices.size());
  return sums;
}

void Evaluator::add(Sums& into, const Sums& next) {
  into.loss += next.loss;
  into.correct += next.correct;
  into.left_out += next.left_out;
}

}  // namespace greentrain
