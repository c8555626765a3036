#include "comm/device/full_buckets.h"

#include <algorithm>

namespace greentrain {

void FullBuckets::begin_step() {
  const std::size_t buckets = plan_.buckets().size();
  missing_.resize(buckets);
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    missing_[bucket] = plan_.parameters_in(bucket);
  }
  full_.assign(buckets, false);
}

std::vector<std::size_t> FullBuckets::add(std::size_t parameter) {
  std::vector<std::size_t> completed;
  const auto range = plan_.buckets_of(parameter);
  for (std::size_t bucket = range.first; bucket < range.end; ++bucket) {
    if (--missing_[bucket] > 0) continue;
    full_[bucket] = true;
    completed.push_back(bucket);
  }
  return completed;
}

std::vector<std::size_t> FullBuckets::add_rest() {
  std::vector<std::size_t> completed;
  for (std::size_t bucket = 0; bucket < full_.size(); ++bucket) {
    if (full_[bucket]) continue;
    full_[bucket] = true;
    completed.push_back(bucket);
  }
  return completed;
}

std::size_t FullBuckets::count() const {
  return static_cast<std::size_t>(std::ranges::find(full_, false) - full_.begin());
}

}  // namespace greentrain
