#include "comm/arena/sum.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 3, 15, 16, 17, 1023, 1024, 1025, 5000};

std::vector<std::vector<float>> random_sources(std::size_t sources, std::size_t count) {
  std::mt19937 generator(7);
  std::vector<std::vector<float>> result(sources, std::vector<float>(count));
  for (auto& source : result) {
    for (float& value : source) value = static_cast<float>(generator()) / 1e9f - 2.0f;
  }
  return result;
}

float tree_sum(const std::vector<std::vector<float>>& values, std::size_t i, std::size_t first,
               std::size_t count) {
  if (count == 1) return values[first][i];
  std::size_t half = 1;
  while (half * 2 < count) half *= 2;
  return tree_sum(values, i, first, half) + tree_sum(values, i, first + half, count - half);
}

TEST(SumFloat32, adds_along_the_tree_for_every_size) {
  for (const std::size_t ranks : {1u, 2u, 3u, 4u, 5u, 8u}) {
    for (const std::size_t count : kSizes) {
      const auto values = random_sources(ranks, count);
      std::vector<const float*> sources;
      for (const auto& source : values) sources.push_back(source.data());
      std::vector<float> out(count);
      sum_float32(sources, out.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(out[i], tree_sum(values, i, 0, ranks))
            << ranks << " ranks, element " << i << " of " << count;
      }
    }
  }
}

TEST(SumFloat32, may_write_over_any_of_its_sources) {
  for (std::size_t target = 0; target < 3; ++target) {
    auto values = random_sources(3, 5000);
    std::vector<float> expected(5000);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = values[0][i] + values[1][i] + values[2][i];
    }
    const std::vector<const float*> sources{values[0].data(), values[1].data(), values[2].data()};
    sum_float32(sources, values[target].data(), expected.size());
    EXPECT_EQ(values[target], expected);
  }
}

TEST(SumFloat32, is_written_to_all_arrays) {
  for (const std::size_t ranks : {1u, 2u, 3u, 4u, 5u}) {
    for (const std::size_t count : kSizes) {
      const auto values = random_sources(ranks, count);
      auto sums = values;
      std::vector<float*> arrays;
      for (auto& array : sums) arrays.push_back(array.data());
      sum_float32_into_all(arrays, count);
      for (std::size_t i = 0; i < count; ++i) {
        for (const auto& array : sums) ASSERT_EQ(array[i], tree_sum(values, i, 0, ranks));
      }
    }
  }
}

TEST(SumBfloat16, is_exact_in_float32) {
  for (const std::size_t count : kSizes) {
    const auto values = random_sources(2, count);
    std::vector<std::vector<BFloat16>> narrow(2, std::vector<BFloat16>(count));
    for (int rank = 0; rank < 2; ++rank)
      to_bfloat16(values[rank].data(), narrow[rank].data(), count);
    const std::vector<const BFloat16*> sources{narrow[0].data(), narrow[1].data()};
    std::vector<float> out(count);
    sum_bfloat16(sources, out.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(out[i], to_float(narrow[0][i]) + to_float(narrow[1][i]));
    }
  }
}

TEST(ToBfloat16, rounds_to_nearest_even_and_keeps_special_values) {
  const float one_and_a_half_ulp = std::bit_cast<float>(0x3F808000u);  // halfway: to even, down
  const float up = std::bit_cast<float>(0x3F818000u);                  // halfway: to even, up
  const float infinity = std::numeric_limits<float>::infinity();
  const float in[] = {1.0f, one_and_a_half_ulp, up, infinity, -infinity, std::nanf("")};
  BFloat16 out[6];
  to_bfloat16(in, out, 6);
  EXPECT_EQ(out[0].bits, 0x3F80);
  EXPECT_EQ(out[1].bits, 0x3F80);
  EXPECT_EQ(out[2].bits, 0x3F82);
  EXPECT_EQ(to_float(out[3]), infinity);
  EXPECT_EQ(to_float(out[4]), -infinity);
  EXPECT_TRUE(std::isnan(to_float(out[5])));
}

}  // namespace
}  // namespace greentrain
