#include "trainer/loop/evaluator.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include <ATen/core/grad_mode.h>

#include "comm/fold.h"
#include "trainer/data/order.h"
#include "trainer/loop/device.h"
#include "trainer/loop/sample_losses.h"

namespace greentrain {
namespace {

using Sums = std::vector<double>;

void add(Sums& into, std::span<const double> next) {
  std::ranges::transform(into, next, into.begin(), std::plus<>());
}

// Of `count` ranks' sums, one after another, along the tree of tree_split().
Sums tree_sum(std::span<const double> all, std::size_t count) {
  if (count == 1) return {all.begin(), all.end()};
  const std::size_t half = tree_split(count);
  const std::size_t size = all.size() / count;
  Sums sums = tree_sum(all.first(half * size), half);
  add(sums, tree_sum(all.subspan(half * size), count - half));
  return sums;
}

}  // namespace

Evaluator::Evaluator(Communicator& comm, Model& model, const Dataset& data, const Measure& measure,
                     Shares shares, std::int64_t batch_size, Precision precision,
                     const std::atomic<bool>& stop_requested)
    : comm_(comm),
      model_(model),
      data_(data),
      measure_(measure),
      shares_(shares),
      batch_size_(batch_size),
      precision_(precision, device_of(model).type()),
      stop_requested_(stop_requested) {}

std::optional<Evaluation> Evaluator::evaluate(std::span<const std::int64_t> indices) {
  const at::NoGradGuard no_gradients;
  model_.eval();
  precision_.forget_casts();
  const Sums mine = measure_shares(indices, shares_.first, shares_.count);
  precision_.forget_casts();  // They have no gradient: training must not meet them.
  model_.train();
  const auto begin = std::chrono::steady_clock::now();
  Sums sums = over_ranks(mine);
  waited_ += std::chrono::steady_clock::now() - begin;
  const double left_out = sums.back();
  sums.pop_back();
  const double unreadable = sums.back();
  sums.pop_back();
  if (left_out > 0) return std::nullopt;
  return measure_.evaluation(sums, std::ssize(indices) - static_cast<std::int64_t>(unreadable));
}

Evaluator::Sums Evaluator::over_ranks(const Sums& mine) {
  const auto ranks = static_cast<std::size_t>(comm_.size());
  Sums all(mine.size() * ranks);
  comm_.all_gather(ConstBufferView::of<double>(mine), BufferView::of<double>(all));
  return tree_sum(all, ranks);
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
  Sums sums(measure_.sums() + 2);
  while (!indices.empty() && !stop_requested_.load()) {
    const auto count = std::min(indices.size(), static_cast<std::size_t>(batch_size_));
    const Batch batch = readable(to_device(data_.gather(indices.first(count)), device_of(model_)));
    indices = indices.subspan(count);
    sums[measure_.sums()] += static_cast<double>(static_cast<std::int64_t>(count) - batch.samples);
    if (batch.samples == 0) continue;
    measure_.add(precision_.logits(model_, batch.inputs), batch,
                 std::span(sums).first(measure_.sums()));
  }
  sums.back() = static_cast<double>(indices.size());
  return sums;
}

}  // namespace greentrain
