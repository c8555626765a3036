#pragma once

#include <cstdint>
#include <limits>

namespace greentrain {

/// What random numbers are drawn for. Each purpose has its own streams; never renumber them, since
/// that changes the result of every seed.
enum class RandomPurpose : std::uint64_t {
  Split = 1,
  Order = 2,
  Dropout = 3,
  Part = 4,
  Subset = 5,
  Prune = 6,
  Augment = 7
};

/// Random numbers that are a function of a key and a counter: the same on every machine, with every
/// compiler and number of ranks. SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Not for secrets.
class CounterRandom {
 public:
  /// One stream per seed, purpose and number, such as an epoch or a class.
  CounterRandom(std::uint64_t seed, RandomPurpose purpose, std::uint64_t stream)
      : key_(mix(mix(seed + static_cast<std::uint64_t>(purpose) * kGamma) + stream * kGamma)) {}

  /// The stream of the published generator when it starts from this state.
  explicit CounterRandom(std::uint64_t state) : key_(state) {}

  std::uint64_t next() { return mix(key_ + ++counter_ * kGamma); }

  /// Uniform over [0, 1): the multiples of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Uniform over 0 to bound - 1, for a bound above 0; without bias, since draws are refused that
  /// fall into the last, incomplete run of `bound` numbers.
  std::uint64_t below(std::uint64_t bound) {
    while (true) {
      const std::uint64_t draw = next();
      const std::uint64_t result = draw % bound;
      if (draw - result <= std::numeric_limits<std::uint64_t>::max() - (bound - 1)) return result;
    }
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t key_;
  std::uint64_t counter_{0};
};

}  // namespace greentrain
