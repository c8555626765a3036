#include "trainer/loop/batch_schedule.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

std::vector<std::int64_t> indices(std::int64_t count) {
  std::vector<std::int64_t> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 100);
  return result;
}

std::vector<std::int64_t> epoch(BatchSchedule& schedule, std::int64_t number) {
  std::vector<std::int64_t> seen;
  const std::int64_t first = number * schedule.steps_per_epoch();
  for (std::int64_t step = first; step < first + schedule.steps_per_epoch(); ++step) {
    const auto batch = schedule.batch(step);
    seen.insert(seen.end(), batch.begin(), batch.end());
  }
  return seen;
}

TEST(BatchSchedule, an_epoch_visits_every_sample_once_for_every_size_of_tail) {
  for (const std::int64_t samples : {1, 2, 7, 8, 9}) {
    BatchSchedule schedule(indices(samples), 4, 1);
    auto seen = epoch(schedule, 0);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, indices(samples)) << samples << " samples";
  }
}

TEST(BatchSchedule, only_the_last_batch_of_an_epoch_is_smaller) {
  BatchSchedule schedule(indices(9), 4, 1);
  EXPECT_EQ(schedule.steps_per_epoch(), 3);
  EXPECT_EQ(schedule.batch(0).size(), 4u);
  EXPECT_EQ(schedule.batch(1).size(), 4u);
  EXPECT_EQ(schedule.batch(2).size(), 1u);
  EXPECT_EQ(schedule.batch(3).size(), 4u);
  EXPECT_EQ(schedule.epoch_of(2), 0);
  EXPECT_EQ(schedule.epoch_of(3), 1);
}

TEST(BatchSchedule, order_depends_on_seed_and_epoch_only) {
  BatchSchedule one(indices(50), 8, 1);
  BatchSchedule same(indices(50), 8, 1);
  BatchSchedule other(indices(50), 8, 2);
  const auto second_epoch = epoch(same, 1);  // asked out of order on purpose
  EXPECT_EQ(epoch(one, 0), epoch(same, 0));
  EXPECT_EQ(epoch(one, 1), second_epoch);
  EXPECT_NE(epoch(one, 0), second_epoch);
  EXPECT_NE(epoch(one, 0), epoch(other, 0));
}

}  // namespace
}  // namespace greentrain
