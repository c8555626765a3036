#include "trainer/loop/batch_schedule.h"

#include <algorithm>
#include <utility>

#include "trainer/data/order.h"

namespace greentrain {

BatchSchedule::BatchSchedule(std::vector<std::int64_t> training_indices, std::int64_t batch_size,
                             std::uint64_t seed)
    : indices_(std::move(training_indices)), batch_size_(batch_size), seed_(seed) {}

std::int64_t BatchSchedule::steps_per_epoch() const {
  return (std::ssize(indices_) + batch_size_ - 1) / batch_size_;
}

std::span<const std::int64_t> BatchSchedule::batch(std::int64_t step) {
  const std::int64_t epoch = epoch_of(step);
  if (epoch != ordered_epoch_) {
    order_ = epoch_order(indices_, seed_, epoch);
    ordered_epoch_ = epoch;
  }
  const std::int64_t begin = step % steps_per_epoch() * batch_size_;
  const std::int64_t count = std::min(batch_size_, std::ssize(order_) - begin);
  return std::span<const std::int64_t>(order_).subspan(static_cast<std::size_t>(begin),
                                                       static_cast<std::size_t>(count));
}

}  // namespace greentrain
