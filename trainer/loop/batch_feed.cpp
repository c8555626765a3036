#include "trainer/loop/batch_feed.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/cat.h>

namespace greentrain {

int reader_threads(const DataOptions& options) {
  if (options.threads) return static_cast<int>(*options.threads);
  const bool takes_time = options.format == DataFormat::Images ||
                          options.augment.changes_images() || options.augment.mixup > 0;
  return takes_time ? 1 : 0;
}

BatchFeed::BatchFeed(Communicator& comm, const Dataset& data,
                     std::span<const std::int64_t> training, const DataOptions& options,
                     const Plan& plan, std::vector<float> fill)
    : comm_(comm),
      plan_size_(plan),
      planner_(training, data.labels(), options.pruning, plan.batch_size, plan.epochs, plan.seed),
      maker_(data, training, options.augment, plan.seed, std::move(fill)),
      reader_(reader_threads(options), options.read_ahead,
              [this](std::int64_t piece, MadeBatch& into) { make(piece, into); }) {
  begin_epoch(0);
}

std::int64_t BatchFeed::begin_step() {
  if (epoch_is_over()) {
    steps_before_ += steps_done_;
    left_out_before_ = samples_left_out();
    steps_done_ = 0;
    if (planner_.learns()) gather_losses();
    begin_epoch(epoch() + 1);
  }
  return plan_->batch(steps_done_++);
}

const Batch& BatchFeed::next() { return reader_.next().batch; }

void BatchFeed::begin_epoch(std::int64_t epoch) {
  if (epoch == epochs_queued_) queue(epoch);
  {
    const std::lock_guard lock(mutex_);
    const auto present = std::ranges::find(
        queued_, epoch, [](const QueuedPlan& queued) { return queued.plan->epoch(); });
    plan_ = present->plan;
    queued_.erase(queued_.begin(), present);
  }
  const bool is_last = epoch + 1 == plan_size_.epochs;
  if (!planner_.learns() && !is_last) queue(epoch + 1);  // So that reading goes on at its end.
}

void BatchFeed::queue(std::int64_t epoch) {
  auto plan = planner_.plan(epoch);
  const std::int64_t pieces = plan->steps() * plan_size_.shares.count;
  {
    const std::lock_guard lock(mutex_);
    queued_.push_back({pieces_queued_, std::move(plan)});
  }
  pieces_queued_ += pieces;
  ++epochs_queued_;
  reader_.extend(pieces_queued_);
}

// Called by the reader's threads.
void BatchFeed::make(std::int64_t piece, MadeBatch& into) {
  QueuedPlan queued;
  {
    const std::lock_guard lock(mutex_);
    const auto next = std::ranges::upper_bound(queued_, piece, {}, &QueuedPlan::first_piece);
    queued = *std::prev(next);
  }
  const std::int64_t in_epoch = piece - queued.first_piece;
  const Shares& shares = plan_size_.shares;
  const std::int64_t step = in_epoch / shares.count;
  const int share = shares.first + static_cast<int>(in_epoch % shares.count);
  const PlaceRange places = rank_range(queued.plan->batch(step), share, shares.total);
  maker_.make(*queued.plan, step, places, into);
}

// Places are known everywhere, so only losses travel, each rank's in the order of its visits.
void BatchFeed::gather_losses() {
  std::vector<std::vector<std::int64_t>> places;
  std::size_t most = 0;
  for (int rank = 0; rank < comm_.size(); ++rank) {
    most = std::max(most, places.emplace_back(places_of(rank)).size());
  }
  std::vector<float> mine(most);
  if (!losses_.empty()) {
    const at::Tensor losses = at::cat(losses_).to(at::kFloat).cpu().contiguous();
    std::copy_n(losses.const_data_ptr<float>(), losses.numel(), mine.begin());
  }
  losses_.clear();
  std::vector<float> all(most * places.size());
  comm_.all_gather(ConstBufferView::of<float>(mine), BufferView::of<float>(all));
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    planner_.learn(places[rank], std::span(all).subspan(rank * most, places[rank].size()));
  }
}

/// What a rank has visited in the present epoch, in order.
std::vector<std::int64_t> BatchFeed::places_of(int rank) const {
  const Shares& shares = plan_size_.shares;
  std::vector<std::int64_t> places;
  for (std::int64_t step = 0; step < plan_->steps(); ++step) {
    for (int share = rank * shares.count; share < (rank + 1) * shares.count; ++share) {
      const PlaceRange range = rank_range(plan_->batch(step), share, shares.total);
      for (std::int64_t i = range.begin; i < range.end; ++i) {
        places.push_back(plan_->sample(step, i).place);
      }
    }
  }
  return places;
}

std::int64_t BatchFeed::planned_steps() const {
  return steps_before_ + plan_->steps() * (plan_size_.epochs - epoch());
}

std::int64_t BatchFeed::samples_left_out() const {
  const std::int64_t of_epoch = planner_.all_samples() - plan_->samples();
  return left_out_before_ + of_epoch * steps_done_ / plan_->steps();
}

std::int64_t BatchFeed::full_epoch_steps() const {
  return (planner_.all_samples() + plan_size_.batch_size - 1) / plan_size_.batch_size;
}

std::int64_t BatchFeed::full_step() const {
  const std::int64_t before = std::max<std::int64_t>(steps_done_ - 1, 0);
  return epoch() * full_epoch_steps() + before * full_epoch_steps() / plan_->steps();
}

}  // namespace greentrain
