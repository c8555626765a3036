#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "comm/exchange/block_shards.h"

namespace greentrain {

/// Blocks [first_block, end_block) of the flat buffer that are exchanged together.
struct Bucket {
  std::size_t first_block;
  std::size_t end_block;
};

/// A parameter's place in the flat buffer, in elements.
struct ParameterRange {
  std::size_t offset;
  std::size_t size;
};

/// The flat buffer cut into buckets, in the order in which backward fills them: last parameters
/// first. Pure; the same on every rank.
class BucketPlan {
 public:
  /// parameters: ascending and without overlap. A bucket holds about bucket_elements, in whole
  /// blocks of `block` elements; a large parameter spans several buckets.
  BucketPlan(std::span<const ParameterRange> parameters, std::size_t elements,
             std::size_t bucket_elements, std::size_t block = BlockShards::kBlock);

  std::span<const Bucket> buckets() const { return buckets_; }
  /// Buckets that hold part of a parameter: [first, end).
  struct Range {
    std::size_t first;
    std::size_t end;
  };
  Range buckets_of(std::size_t parameter) const { return buckets_of_[parameter]; }
  /// Parameters that must be there before a bucket is full.
  std::size_t parameters_in(std::size_t bucket) const { return parameters_in_[bucket]; }

 private:
  std::vector<Bucket> buckets_;
  std::vector<Range> buckets_of_;
  std::vector<std::size_t> parameters_in_;
};

/// What the exchange costs, from measurement.
struct ExchangeCost {
  double seconds_per_element;
  double seconds_per_bucket;
};

/// The bucket size, in elements, that ends the exchange soonest when parameter i is ready at
/// ready_seconds[i] after backward began: small buckets start early, large ones cost less.
std::size_t best_bucket_elements(std::span<const ParameterRange> parameters, std::size_t elements,
                                 std::span<const double> ready_seconds, ExchangeCost cost);

}  // namespace greentrain
