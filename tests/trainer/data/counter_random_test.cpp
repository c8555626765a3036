#include "trainer/data/counter_random.h"

#include <array>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

// The first numbers of the authors' splitmix64.c from state 1234567.
TEST(CounterRandom, is_the_published_generator) {
  CounterRandom random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(CounterRandom, streams_differ_by_seed_purpose_and_number) {
  const auto first = [](std::uint64_t seed, RandomPurpose purpose, std::uint64_t stream) {
    return CounterRandom(seed, purpose, stream).next();
  };
  const std::uint64_t base = first(1, RandomPurpose::Split, 0);
  EXPECT_EQ(base, first(1, RandomPurpose::Split, 0));
  EXPECT_NE(base, first(2, RandomPurpose::Split, 0));
  EXPECT_NE(base, first(1, RandomPurpose::Order, 0));
  EXPECT_NE(base, first(1, RandomPurpose::Split, 1));
}

TEST(CounterRandom, below_is_uniform) {
  constexpr std::size_t kBound = 6;
  constexpr int kDraws = 60'000;
  std::array<int, kBound> counts{};
  CounterRandom random(1);
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(kBound));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // Five standard deviations.
}

TEST(CounterRandom, below_one_is_zero) {
  CounterRandom random(1);
  EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace greentrain
