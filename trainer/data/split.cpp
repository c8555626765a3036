#include "trainer/data/split.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "trainer/data/order.h"

namespace greentrain {
namespace {

/// Shares are counted in millionths: integers round alike on every machine.
constexpr std::int64_t kWhole = 1'000'000;

std::int64_t millionths(Fraction share) {
  return std::llround(share.value * static_cast<double>(kWhole));
}

/// The samples of one class, in random order, handed out from the front.
struct Stratum {
  std::vector<std::int64_t> samples;
  std::uint64_t tie_break{0};
  std::int64_t taken{0};

  std::int64_t size() const { return std::ssize(samples); }
  /// What may still be held out: one sample stays for training.
  std::int64_t spare() const { return size() - 1 - taken; }
};

std::vector<Stratum> strata_of(std::span<const std::int64_t> samples,
                               std::span<const std::int64_t> labels, std::uint64_t seed,
                               RandomPurpose purpose) {
  std::vector<Stratum> strata(1);
  for (const std::int64_t sample : samples) {
    const auto label =
        labels.empty() ? 0 : static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)]);
    if (label >= strata.size()) strata.resize(label + 1);
    strata[label].samples.push_back(sample);
  }
  for (std::size_t label = 0; label < strata.size(); ++label) {
    CounterRandom random(seed, purpose, label);
    strata[label].tie_break = random.next();
    shuffle(strata[label].samples, random);
  }
  std::erase_if(strata, [](const Stratum& stratum) { return stratum.samples.empty(); });
  return strata;
}

/// How many samples each stratum gives to the next part, of `total` samples. What it still owes is
/// its share of all parts held out so far, in millionths, less what it gave: rounded down first,
/// then one more for the largest remainders.
std::vector<std::int64_t> counts(std::span<const Stratum> strata, std::int64_t share_so_far,
                                 std::int64_t total) {
  std::vector<std::int64_t> count;
  std::vector<std::int64_t> remainder;
  for (const Stratum& stratum : strata) {
    const std::int64_t owed = stratum.size() * share_so_far - stratum.taken * kWhole;
    const std::int64_t most = std::min(stratum.spare(), total);
    count.push_back(std::clamp<std::int64_t>(owed / kWhole, 0, most));
    remainder.push_back(owed - count.back() * kWhole);
    total -= count.back();
  }
  std::vector<std::size_t> by_remainder(strata.size());
  std::iota(by_remainder.begin(), by_remainder.end(), 0);
  std::ranges::sort(by_remainder, std::greater<>(),
                    [&](std::size_t i) { return std::pair(remainder[i], strata[i].tie_break); });
  for (bool gave = true; gave && total > 0;) {
    gave = false;
    for (const std::size_t i : by_remainder) {
      if (total == 0 || count[i] >= strata[i].spare()) continue;
      ++count[i];
      --total;
      gave = true;
    }
  }
  return count;
}

/// Takes a part with this share of all samples out of the strata; `before` is what earlier parts
/// took.
std::vector<std::int64_t> hold_out(std::vector<Stratum>& strata, std::int64_t share,
                                   std::int64_t before, std::int64_t samples) {
  std::vector<std::int64_t> part;
  if (share == 0) return part;
  const auto total = std::max<std::int64_t>(1, (samples * share + kWhole / 2) / kWhole);
  const auto count = counts(strata, before + share, total);
  for (std::size_t i = 0; i < strata.size(); ++i) {
    const auto begin = strata[i].samples.begin() + strata[i].taken;
    part.insert(part.end(), begin, begin + count[i]);
    strata[i].taken += count[i];
  }
  std::ranges::sort(part);
  return part;
}

std::vector<std::int64_t> rest(std::span<const Stratum> strata) {
  std::vector<std::int64_t> part;
  for (const Stratum& stratum : strata) {
    part.insert(part.end(), stratum.samples.begin() + stratum.taken, stratum.samples.end());
  }
  std::ranges::sort(part);
  return part;
}

void check_samples(std::int64_t samples, std::span<const std::int64_t> labels) {
  if (samples < 1) throw UsageError("data: there is no sample to train on; give more data");
  if (labels.empty()) return;
  const auto [lowest, highest] = std::ranges::minmax(labels);
  if (lowest == highest) {
    throw UsageError(fmt::format(
        "data: every sample has the label {}, expected two classes or more to learn to tell apart; "
        "in CSV files, the label is the last column",
        lowest));
  }
}

}  // namespace

Split split_samples(std::int64_t samples, std::span<const std::int64_t> labels, SplitShares shares,
                    std::uint64_t seed) {
  check_samples(samples, labels);
  const std::int64_t validation = millionths(shares.validation);
  const std::int64_t test = millionths(shares.test);
  if (validation < 0 || test < 0 || validation + test >= kWhole) {
    throw UsageError(
        fmt::format("data.validation is {:g}% and data.test is {:g}%; expected two shares that "
                    "leave something for training: lower one of them",
                    100 * shares.validation.value, 100 * shares.test.value));
  }

  std::vector<std::int64_t> all(static_cast<std::size_t>(samples));
  std::iota(all.begin(), all.end(), 0);
  std::vector<Stratum> strata = strata_of(all, labels, seed, RandomPurpose::Split);
  Split split;
  split.validation = hold_out(strata, validation, 0, samples);
  split.test = hold_out(strata, test, validation, samples);
  split.train = rest(strata);
  return split;
}

std::vector<std::int64_t> stratified_part(std::span<const std::int64_t> samples,
                                          std::span<const std::int64_t> labels, Fraction share,
                                          std::uint64_t seed) {
  std::vector<Stratum> strata = strata_of(samples, labels, seed, RandomPurpose::Part);
  // What is held out is left out: so one sample of each class stays.
  hold_out(strata, kWhole - millionths(share), 0, std::ssize(samples));
  return rest(strata);
}

}  // namespace greentrain
