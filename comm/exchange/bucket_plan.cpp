#include "comm/exchange/bucket_plan.h"

#include <algorithm>
#include <limits>

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

// Seconds from the start of backward to the end of the exchange.
double finish_time(const BucketPlan& plan, std::span<const double> ready_seconds,
                   ExchangeCost cost) {
  std::vector<double> full_at(plan.buckets().size(), 0);
  for (std::size_t parameter = 0; parameter < ready_seconds.size(); ++parameter) {
    const auto range = plan.buckets_of(parameter);
    for (std::size_t bucket = range.first; bucket < range.end; ++bucket) {
      full_at[bucket] = std::max(full_at[bucket], ready_seconds[parameter]);
    }
  }
  double time = 0;
  for (std::size_t bucket = 0; bucket < full_at.size(); ++bucket) {
    const Bucket& blocks = plan.buckets()[bucket];
    const auto elements = static_cast<double>((blocks.end_block - blocks.first_block) * kBlock);
    time = std::max(time, full_at[bucket]) + cost.seconds_per_bucket +
           cost.seconds_per_element * elements;
  }
  return time;
}

}  // namespace

BucketPlan::BucketPlan(std::span<const ParameterRange> parameters, std::size_t elements,
                       std::size_t bucket_elements, std::size_t block) {
  const std::size_t all_blocks = (elements + block - 1) / block;
  const std::size_t per_bucket = std::max<std::size_t>(1, bucket_elements / block);
  for (std::size_t end = all_blocks; end > 0;) {
    const std::size_t first = end > per_bucket ? end - per_bucket : 0;
    buckets_.push_back({first, end});
    end = first;
  }
  parameters_in_.assign(buckets_.size(), 0);
  for (const ParameterRange& parameter : parameters) {
    if (parameter.size == 0) {
      buckets_of_.push_back({0, 0});
      continue;
    }
    // Bucket 0 ends the buffer, so the parameter's last block is in its first bucket.
    const auto bucket_of = [&](std::size_t element) {
      return (all_blocks - 1 - element / block) / per_bucket;
    };
    const Range range{bucket_of(parameter.offset + parameter.size - 1),
                      bucket_of(parameter.offset) + 1};
    for (std::size_t bucket = range.first; bucket < range.end; ++bucket) ++parameters_in_[bucket];
    buckets_of_.push_back(range);
  }
}

std::size_t best_bucket_elements(std::span<const ParameterRange> parameters, std::size_t elements,
                                 std::span<const double> ready_seconds, ExchangeCost cost) {
  std::size_t best = kBlock;
  double best_time = std::numeric_limits<double>::infinity();
  for (std::size_t size = kBlock; size < 2 * elements + kBlock; size *= 2) {
    const double time = finish_time(BucketPlan(parameters, elements, size), ready_seconds, cost);
    if (time < best_time) {
      best_time = time;
      best = size;
    }
  }
  return best;
}

}  // namespace greentrain
