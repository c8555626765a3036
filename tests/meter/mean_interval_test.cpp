#include "meter/mean_interval.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

TEST(MeanInterval, of_one_value_is_the_value) {
  const MeanInterval one = mean_interval({7});
  EXPECT_EQ(one.mean, 7);
  EXPECT_EQ(one.lo, 7);
  EXPECT_EQ(one.hi, 7);
}

TEST(MeanInterval, of_a_few_values_is_that_of_a_textbook) {
  // Mean 3, standard deviation sqrt(2.5), 4 degrees of freedom: 3 +- 2.776 sqrt(2.5 / 5).
  const MeanInterval few = mean_interval({1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(few.mean, 3);
  EXPECT_NEAR(few.lo, 3 - 1.96293, 1e-4);
  EXPECT_NEAR(few.hi, 3 + 1.96293, 1e-4);
}

TEST(MeanInterval, of_equal_values_has_no_width) {
  const MeanInterval equal = mean_interval(std::vector<double>(100, 2.5));
  EXPECT_EQ(equal.lo, 2.5);
  EXPECT_EQ(equal.hi, 2.5);
}

}  // namespace
}  // namespace greentrain
