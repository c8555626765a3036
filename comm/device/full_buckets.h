#pragma once

#include <cstddef>
#include <vector>

#include "comm/exchange/bucket_plan.h"

namespace greentrain {

/// Which buckets are full, as backward brings one parameter after the other.
class FullBuckets {
 public:
  explicit FullBuckets(const BucketPlan& plan) : plan_(plan) {}

  void begin_step();
  /// Counts a parameter; the buckets that it completes.
  std::vector<std::size_t> add(std::size_t parameter);
  /// Completes the others: with parameters that never came, or with none.
  std::vector<std::size_t> add_rest();
  /// The first `count` buckets are full, the next one is not.
  std::size_t count() const;

 private:
  const BucketPlan& plan_;
  std::vector<std::size_t> missing_;  ///< Parameters still to come, by bucket.
  std::vector<bool> full_;
};

}  // namespace greentrain
