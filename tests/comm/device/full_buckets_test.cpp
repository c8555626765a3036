#include "comm/device/full_buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greentrain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Buckets of 100 elements: parameter 2 in bucket 0; 1 in buckets 0 and 1; 0 in bucket 2.
BucketPlan plan() {
  const std::vector<ParameterRange> parameters{{0, 90}, {100, 150}, {250, 50}};
  return {parameters, 300, 100, 10};
}

TEST(FullBuckets, are_full_when_their_last_parameter_is_there) {
  const BucketPlan buckets = plan();
  FullBuckets full(buckets);
  full.begin_step();
  EXPECT_THAT(full.add(2), IsEmpty());
  EXPECT_THAT(full.add(1), ElementsAre(0, 1));
  EXPECT_EQ(full.count(), 2u);
  EXPECT_THAT(full.add(0), ElementsAre(2));
  EXPECT_EQ(full.count(), 3u);
}

TEST(FullBuckets, count_only_those_before_the_first_gap) {
  const BucketPlan buckets = plan();
  FullBuckets full(buckets);
  full.begin_step();
  EXPECT_THAT(full.add(0), ElementsAre(2));
  EXPECT_EQ(full.count(), 0u);
}

TEST(FullBuckets, are_completed_at_the_end_of_backward_and_empty_in_the_next_step) {
  const BucketPlan buckets = plan();
  FullBuckets full(buckets);
  full.begin_step();
  full.add(0);
  EXPECT_THAT(full.add_rest(), ElementsAre(0, 1));
  EXPECT_EQ(full.count(), 3u);
  full.begin_step();
  EXPECT_EQ(full.count(), 0u);
}

}  // namespace
}  // namespace greentrain
