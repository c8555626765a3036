#include "comm/buffer.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

TEST(BFloat16, keeps_what_it_can_represent) {
  for (const float value : {0.0f, -0.0f, 1.0f, -2.5f, 256.0f, 0x1p-126f, INFINITY, -INFINITY}) {
    EXPECT_EQ(to_float(to_bfloat16(value)), value);
    EXPECT_EQ(std::signbit(to_float(to_bfloat16(value))), std::signbit(value));
  }
}

TEST(BFloat16, rounds_to_nearest_with_ties_to_even) {
  EXPECT_EQ(to_float(to_bfloat16(257.0f)), 256.0f);
  EXPECT_EQ(to_float(to_bfloat16(257.1f)), 258.0f);
  EXPECT_EQ(to_float(to_bfloat16(259.0f)), 260.0f);
  EXPECT_EQ(to_float(to_bfloat16(std::numeric_limits<float>::max())), INFINITY);
}

TEST(BFloat16, a_nan_stays_a_nan) {
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::nanf("")))));
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::nanf("1")))));  // Its payload is cut off.
}

}  // namespace
}  // namespace greentrain
