#include <cmath>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "meter/counter.h"
#include "meter/energy_window.h"
#include "meter/sensor_account.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr Watts kMaxPower{100};
constexpr Joules kRange{5000};
constexpr Seconds kUpdatePeriod = 50ms;
constexpr double kAccuracy = 0.05;
constexpr Seconds kLongestGap = 12s;
constexpr int kHistories = 100000;

Clock::Instant at(double seconds) {
  return Clock::Instant(std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(seconds)));
}

/// A device and its counter, with everything that goes wrong with counters: it shows energy late,
/// with an error of its own, wraps, restarts at zero, and stands still.
class Device {
 public:
  explicit Device(std::mt19937_64& random)
      : random_(random),
        gain_(1 / uniform(1 - kAccuracy, 1 + kAccuracy)),
        counter_(uniform(0, kRange.value)) {}

  double uniform(double lo, double hi) {
    return std::uniform_real_distribution<double>(lo, hi)(random_);
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }

  void advance(double seconds) {
    for (const double end = now_ + seconds; now_ < end;) {
      const double tick = std::min(next_update_, end) - now_;
      if (tick > 0) draw(tick);
      if (now_ >= next_update_) update();
    }
  }

  void restart() {
    const double margin = kMaxPower.value * kLongestGap.count();
    // Nearer to an end of the range, a restart cannot be told from a wrap or from no restart.
    if (counter_ > margin && counter_ < kRange.value - margin) counter_ = pending_ = 0;
  }
  void freeze() { frozen_ = true; }
  void thaw(bool catch_up) {
    if (!catch_up) pending_ = 0;
    frozen_ = false;
  }
  bool frozen() const { return frozen_; }

  double now() const { return now_; }
  double energy() const { return energy_; }
  Joules counter() const { return {counter_}; }

 private:
  void draw(double seconds) {
    if (chance(0.02)) power_ = uniform(1, 0.8 * kMaxPower.value);
    energy_ += power_ * seconds;
    pending_ += power_ * seconds * gain_;
    now_ += seconds;
  }
  void update() {
    next_update_ = now_ + kUpdatePeriod.count();
    if (frozen_) return;
    counter_ = std::fmod(counter_ + pending_, kRange.value);
    pending_ = 0;
  }

  std::mt19937_64& random_;
  double gain_;
  double counter_;
  double power_{30};
  double pending_{0};
  double energy_{0};
  double now_{0};
  double next_update_{0};
  bool frozen_{false};
};

const SensorInfo& device_info() {
  static const SensorInfo info = [] {
    SensorInfo made;
    made.quality = Quality::Measured;
    made.accuracy = kAccuracy;
    made.update_period = kUpdatePeriod;
    made.max_power = kMaxPower;
    return made;
  }();
  return info;
}

struct Interval {
  Energy energy;
  Joules truth;
};

/// Windows that begin and end at any moment of a history, over each other.
class OverlappingWindows {
 public:
  explicit OverlappingWindows(Device& device) : device_(device) {}

  void maybe_begin() {
    if (!device_.chance(0.2)) return;
    open_.push_back({EnergyWindow(device_info(), at(device_.now())), device_.energy()});
  }
  void add(const Reading& reading) {
    for (Open& open : open_) open.window.add(reading);
  }
  void maybe_end(bool all) {
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (!all && !device_.chance(0.1)) continue;
      const double drawn = device_.energy() - open_[i].energy_at_start;
      closed_.push_back({open_[i].window.energy(at(device_.now())), Joules{drawn}});
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  const std::vector<Interval>& closed() const { return closed_; }

 private:
  struct Open {
    EnergyWindow window;
    double energy_at_start;
  };
  Device& device_;
  std::vector<Open> open_;
  std::vector<Interval> closed_;
};

struct History {
  Interval run;
  Joules by_phase;
  std::vector<Interval> windows;
};

History run(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Device device(random);
  device.advance(device.uniform(0, 1));

  CounterTotal total({kRange, kMaxPower, kUpdatePeriod});
  PhaseSeconds phases{};
  SensorAccount account(device_info(), at(device.now()), phases);
  OverlappingWindows windows(device);
  const double energy_at_start = device.energy();
  const int readings = static_cast<int>(device.uniform(2, 60));
  int frozen_readings = 0;
  bool froze = false;
  for (int i = 0; i < readings; ++i) {
    windows.maybe_begin();
    Reading reading;
    reading.before = at(device.now());
    device.advance(device.uniform(0, 0.01));
    const Joules raw = device.counter();
    device.advance(device.uniform(0, 0.01));
    reading.after = at(device.now());
    // A standstill that no reading sees leaves no trace in the values.
    const bool readable = device.frozen() || device.chance(0.8);
    if (readable && total.add(raw, reading.before, reading.after)) {
      fill(reading, total);
    }
    account.add(reading, phases, Phase::Forward);
    windows.add(reading);
    // Nor can one that began before the end of a window and was not seen to be over.
    const bool standstill_is_over = !device.frozen() && reading.status == ReadStatus::Ok;
    if (standstill_is_over || !froze || i + 1 == readings) windows.maybe_end(i + 1 == readings);
    if (i + 1 == readings) break;
    if (!device.frozen() && device.chance(0.02)) device.restart();
    // One shorter than the counter is given to move leaves no trace either.
    if (device.frozen() && reading.status == ReadStatus::Lost) ++frozen_readings;
    if (frozen_readings > 2) device.thaw(device.chance(0.5));
    if (!device.frozen()) frozen_readings = 0;
    const double pause = device.uniform(0.01, 1.5);
    device.advance(pause / 2);
    // A standstill that nothing follows cannot be told from a short one: end it in time.
    if (!device.frozen() && i + 12 < readings && device.chance(0.02)) {
      device.freeze();
      froze = true;
    }
    device.advance(pause / 2);
    phases[static_cast<std::size_t>(i % kPhaseCount)] += Seconds(pause);
  }
  account.close(at(device.now()), phases, Phase::Idle);
  Joules by_phase;
  for (const Joules joules : account.by_phase()) by_phase += joules;
  return {
      {account.energy(), Joules{device.energy() - energy_at_start}}, by_phase, windows.closed()};
}

bool measured(const Interval& interval) { return interval.energy.quality != Quality::Unmeasured; }

TEST(EnergyInterval, holds_the_true_energy_in_every_generated_history) {
  int runs = 0;
  int windows = 0;
  for (int seed = 0; runs < kHistories && seed < 2 * kHistories; ++seed) {
    const History history = run(static_cast<std::uint64_t>(seed));
    for (const Interval& window : history.windows) {
      if (!measured(window)) continue;
      ++windows;
      ASSERT_LE(window.energy.lo, window.truth) << "seed " << seed;
      ASSERT_GE(window.energy.hi, window.truth) << "seed " << seed;
    }
    if (!measured(history.run)) continue;
    ++runs;
    ASSERT_LE(history.run.energy.lo, history.run.truth) << "seed " << seed;
    ASSERT_GE(history.run.energy.hi, history.run.truth) << "seed " << seed;
    ASSERT_NEAR(history.by_phase.value, history.run.energy.joules.value, 1e-6) << "seed " << seed;
  }
  EXPECT_EQ(runs, kHistories);
  EXPECT_GT(windows, kHistories);
}

}  // namespace
}  // namespace greentrain
