#include "meter/power_total.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "meter/energy_window.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

Clock::Instant at(double seconds) {
  return Clock::Instant(std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(seconds)));
}

TEST(PowerTotal, is_exact_for_means_that_follow_each_other) {
  PowerTotal total({Watts{500}, 1s, 0s});
  for (int i = 0; i <= 10; ++i) EXPECT_TRUE(total.add(Watts{100}, at(i), at(i)));
  EXPECT_DOUBLE_EQ(total.joules().value, 1000);
  EXPECT_DOUBLE_EQ(total.lo().value, 1000);
  EXPECT_DOUBLE_EQ(total.hi().value, 1000);
  EXPECT_EQ(total.unseen(), 0s);
}

TEST(PowerTotal, takes_what_lies_between_two_means_for_unseen) {
  PowerTotal total({Watts{500}, 1s, 0s});
  total.add(Watts{100}, at(0), at(0));
  total.add(Watts{100}, at(4), at(4));
  EXPECT_DOUBLE_EQ(total.joules().value, 400);
  EXPECT_DOUBLE_EQ(total.lo().value, 100);
  EXPECT_DOUBLE_EQ(total.hi().value, 100 + 3 * 500);
  EXPECT_EQ(total.unseen(), 3s);
}

TEST(PowerTotal, counts_means_that_overlap_once) {
  PowerTotal total({Watts{500}, 1s, 0s});
  for (int i = 0; i <= 40; ++i) total.add(Watts{100}, at(0.25 * i), at(0.25 * i));
  EXPECT_DOUBLE_EQ(total.lo().value, 1000);
  EXPECT_DOUBLE_EQ(total.hi().value, 1000);
}

TEST(PowerTotal, vouches_for_nothing_that_momentary_power_leaves_open) {
  PowerTotal total({Watts{500}, 0s, 0s});
  total.add(Watts{100}, at(0), at(0));
  total.add(Watts{300}, at(1), at(1));
  EXPECT_DOUBLE_EQ(total.joules().value, 200);
  EXPECT_EQ(total.lo(), Joules{});
  EXPECT_DOUBLE_EQ(total.hi().value, 500);
  EXPECT_EQ(total.unseen(), 1s);
}

TEST(PowerTotal, refuses_power_that_cannot_be) {
  PowerTotal total({Watts{500}, 1s, 0s});
  for (const double power : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(total.add(Watts{power}, at(1), at(1))) << power;
  }
  EXPECT_TRUE(total.add(Watts{1}, at(1), at(1)));
}

/// Power that changes at random moments, and what a sensor of means makes of it.
class Load {
 public:
  explicit Load(std::mt19937_64& random) : random_(random) {
    for (double time = 0, energy = 0; time < 200;) {
      const double length = uniform(0.01, 3);
      const double power = uniform(0, kMax.value);
      steps_.push_back({time, energy, power});
      time += length;
      energy += power * length;
    }
  }
  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random_);
  }
  double energy(double time) const {
    std::size_t i = 0;
    while (i + 1 < steps_.size() && steps_[i + 1].time <= time) ++i;
    return steps_[i].energy + steps_[i].power * (time - steps_[i].time);
  }
  static constexpr Watts kMax{500};

 private:
  struct Step {
    double time;
    double energy;
    double power;
  };
  std::mt19937_64& random_;
  std::vector<Step> steps_;
};

TEST(PowerTotal, holds_the_true_energy_in_every_generated_history) {
  for (int seed = 0; seed < 20000; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    Load load(random);
    const double averaged_over = seed % 3 == 0 ? 0 : load.uniform(0.05, 2);
    const double update_period = seed % 2 == 0 ? 0.1 : 0.001;
    const PowerLimits limits{Load::kMax, Seconds(averaged_over), Seconds(update_period)};
    PowerTotal total(limits);
    SensorInfo info;
    info.quality = Quality::Integrated;
    info.update_period = limits.update_period;
    info.max_power = limits.max_power;
    double now = 5;
    EnergyWindow window(info, at(now));
    const double energy_at_start = load.energy(now);
    const int readings = static_cast<int>(load.uniform(2, 30));
    for (int i = 0; i < readings; ++i) {
      const double updated = std::floor((now + 0.002) / update_period) * update_period;
      const double mean =
          averaged_over == 0
              ? (load.energy(updated + 1e-6) - load.energy(updated)) / 1e-6
              : (load.energy(updated) - load.energy(updated - averaged_over)) / averaged_over;
      Reading reading;
      reading.before = at(now);
      reading.after = at(now + 0.005);
      if (total.add(Watts{mean}, reading.before, reading.after)) fill(reading, total);
      window.add(reading);
      now += 0.005;
      if (i + 1 < readings) now += load.uniform(0.02, 3);
    }
    const Energy energy = window.energy(at(now));
    if (energy.quality == Quality::Unmeasured) continue;
    const Joules truth{load.energy(now) - energy_at_start};
    ASSERT_LE(energy.lo.value, truth.value + 1e-3) << "seed " << seed;
    ASSERT_GE(energy.hi.value, truth.value - 1e-3) << "seed " << seed;
  }
}

}  // namespace
}  // namespace greentrain
