#include "trainer/data/permutation.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> all(const Permutation& permutation) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < permutation.size(); ++i) numbers.push_back(permutation.at(i));
  return numbers;
}

TEST(Permutation, holds_every_number_once) {
  for (const std::int64_t size : {0, 1, 2, 3, 4, 5, 7, 16, 17, 1000, 4096, 4097}) {
    const auto numbers = all(Permutation(size, CounterRandom(9)));
    const std::set<std::int64_t> distinct(numbers.begin(), numbers.end());
    ASSERT_EQ(std::ssize(distinct), size);
    if (size == 0) continue;
    EXPECT_EQ(*distinct.begin(), 0);
    EXPECT_EQ(*distinct.rbegin(), size - 1);
  }
}

TEST(Permutation, is_a_function_of_key_and_size) {
  EXPECT_EQ(all(Permutation(100, CounterRandom(1))), all(Permutation(100, CounterRandom(1))));
  EXPECT_NE(all(Permutation(100, CounterRandom(1))), all(Permutation(100, CounterRandom(2))));
}

// Written down once: a change of it would change the result of every run that has been made.
TEST(Permutation, is_the_same_on_every_machine) {
  EXPECT_THAT(all(Permutation(8, CounterRandom(7, RandomPurpose::Order, 3))),
              ElementsAre(5, 1, 4, 2, 6, 0, 3, 7));
}

TEST(Permutation, every_number_is_as_likely_in_every_place) {
  constexpr int kKeys = 6000;
  constexpr std::size_t kSize = 6;
  std::vector<int> counts(kSize * kSize);
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    const Permutation permutation(kSize, CounterRandom(key, RandomPurpose::Order, 0));
    for (std::size_t place = 0; place < kSize; ++place) {
      const auto number = permutation.at(static_cast<std::int64_t>(place));
      ++counts[place * kSize + static_cast<std::size_t>(number)];
    }
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // Five standard deviations.
}

TEST(Permutation, neighbours_do_not_stay_together) {
  constexpr std::int64_t kSize = 10'000;
  const auto numbers = all(Permutation(kSize, CounterRandom(3)));
  int together = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    together += std::abs(numbers[i] - numbers[i - 1]) == 1 ? 1 : 0;
  }
  EXPECT_LT(together, 12);  // Expected: 2.
}

TEST(Permutation, of_more_numbers_than_memory_holds_takes_none) {
  constexpr std::int64_t kSize = (std::int64_t{1} << 40) + 1;
  const Permutation permutation(kSize, CounterRandom(3));
  std::set<std::int64_t> seen;
  for (std::int64_t place = kSize - 1000; place < kSize; ++place) {
    const std::int64_t number = permutation.at(place);
    ASSERT_GE(number, 0);
    ASSERT_LT(number, kSize);
    seen.insert(number);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace greentrain
