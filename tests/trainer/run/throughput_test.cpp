#include "trainer/run/throughput.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::DoubleNear;
using ::testing::Optional;

constexpr Clock::Instant kStart{1000s};

TEST(Throughput, is_unknown_before_two_points_lie_apart) {
  Throughput throughput;
  EXPECT_EQ(throughput.per_second(), std::nullopt);
  throughput.observe(kStart, 64);
  EXPECT_EQ(throughput.per_second(), std::nullopt);
  throughput.observe(kStart, 128);
  EXPECT_EQ(throughput.per_second(), std::nullopt);
  throughput.observe(kStart + 2s, 328);
  EXPECT_THAT(throughput.per_second(), Optional(DoubleNear(132.0, 1e-9)));
}

TEST(Throughput, forgets_what_is_older_than_a_few_seconds) {
  Throughput throughput;
  std::int64_t samples = 0;
  for (int second = 0; second <= 60; ++second) {
    samples += second < 30 ? 1000 : 10;
    throughput.observe(kStart + second * 1s, samples);
  }
  EXPECT_THAT(throughput.per_second(), Optional(DoubleNear(10.0, 1e-9)));
}

TEST(Throughput, is_the_same_for_very_short_steps) {
  Throughput throughput;
  for (int step = 0; step <= 100000; ++step) throughput.observe(kStart + step * 100us, step * 2);
  EXPECT_THAT(throughput.per_second(), Optional(DoubleNear(20000.0, 1.0)));
}

}  // namespace
}  // namespace greentrain
