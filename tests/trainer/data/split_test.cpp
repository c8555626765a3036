#include "trainer/data/split.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

using Numbers = std::vector<std::int64_t>;

constexpr SplitShares kUsual{{0.15}, {0.15}};

/// `counts[c]` samples of class c, classes taking turns while they last.
Numbers labels_with(Numbers counts) {
  Numbers labels;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t label = 0; label < counts.size(); ++label) {
      if (counts[label]-- <= 0) continue;
      labels.push_back(static_cast<std::int64_t>(label));
      more = true;
    }
  }
  return labels;
}

Split split(const Numbers& labels, SplitShares shares = kUsual, std::uint64_t seed = 1) {
  return split_samples(std::ssize(labels), labels, shares, seed);
}

Numbers class_counts(const Numbers& part, const Numbers& labels, std::size_t classes) {
  Numbers counts(classes);
  for (const std::int64_t sample : part) ++counts[static_cast<std::size_t>(labels[sample])];
  return counts;
}

void expect_every_sample_once(const Split& parts, std::int64_t samples) {
  Numbers all;
  for (const Numbers* part : {&parts.train, &parts.validation, &parts.test}) {
    EXPECT_TRUE(std::ranges::is_sorted(*part));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::ranges::sort(all);
  Numbers expected(static_cast<std::size_t>(samples));
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(Split, every_sample_is_in_exactly_one_part) {
  for (const std::int64_t samples : {1, 2, 3, 4, 5, 10, 11, 1797}) {
    for (const double share : {0.0, 0.01, 0.15, 0.45}) {
      expect_every_sample_once(split_samples(samples, {}, {{share}, {share}}, 1), samples);
      expect_every_sample_once(split(labels_with({samples, 3, 1, 0, 2}), {{share}, {share}}),
                               samples + 6);
    }
  }
}

TEST(Split, parts_and_classes_have_the_wished_shares) {
  const Numbers labels =
      labels_with({178, 182, 177, 183, 181, 182, 181, 179, 174, 180});  // Digits.
  const Split parts = split(labels);
  EXPECT_THAT(parts.validation, SizeIs(270));  // 15 % of 1797 is 269.55.
  EXPECT_THAT(parts.test, SizeIs(270));
  for (const Numbers* part : {&parts.validation, &parts.test}) {
    EXPECT_THAT(class_counts(*part, labels, 10), ::testing::Each(AllOf(Ge(26), Le(28))));
  }
}

TEST(Split, remainders_go_to_different_classes_in_each_part) {
  const Numbers labels = labels_with(Numbers(10, 5));  // 0.75 of each class is wished per part.
  const Split parts = split(labels);
  EXPECT_THAT(parts.validation, SizeIs(8));
  EXPECT_THAT(parts.test, SizeIs(8));
  EXPECT_THAT(class_counts(parts.train, labels, 10), ::testing::Each(AllOf(Ge(3), Le(4))));
}

TEST(Split, many_small_classes_still_fill_the_held_out_parts) {
  const Numbers labels = labels_with(Numbers(100, 2));  // 0.3 of each class per part.
  const Split parts = split(labels);
  EXPECT_THAT(parts.validation, SizeIs(30));
  EXPECT_THAT(parts.test, SizeIs(30));
  EXPECT_THAT(class_counts(parts.train, labels, 100), ::testing::Each(Ge(1)));
}

TEST(Split, a_class_with_one_sample_is_trained_on) {
  const Numbers labels = labels_with({51, 1, 51});  // Equal remainders of 0.4.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_THAT(class_counts(split(labels, {{0.4}, {0.4}}, seed).train, labels, 3),
                ::testing::Each(Ge(1)));
  }
}

TEST(Split, is_fixed_by_the_seed) {
  const Numbers labels = labels_with({40, 60});
  EXPECT_EQ(split(labels).test, split(labels).test);
  EXPECT_NE(split(labels).test, split(labels, kUsual, 2).test);
}

// Written down once: a change of it would change the result of every run that has been made.
TEST(Split, is_the_same_on_every_machine) {
  const Split parts = split(labels_with({6, 8}), kUsual, 7);
  EXPECT_THAT(parts.validation, ElementsAre(7, 8));
  EXPECT_THAT(parts.test, ElementsAre(2, 12));
}

TEST(Split, text_is_divided_at_random) {
  const Split parts = split_samples(1000, {}, kUsual, 1);
  EXPECT_THAT(parts.validation, SizeIs(150));
  EXPECT_THAT(parts.test, SizeIs(150));
  EXPECT_GT(parts.validation.back() - parts.validation.front(), 500);
}

TEST(Split, a_share_of_zero_is_an_empty_part) {
  const Split parts = split_samples(10, {}, {{0.0}, {0.2}}, 1);
  EXPECT_THAT(parts.validation, IsEmpty());
  EXPECT_THAT(parts.test, SizeIs(2));
}

TEST(Split, a_small_share_above_zero_is_one_sample) {
  const Split parts = split_samples(10, {}, {{0.001}, {0.001}}, 1);
  EXPECT_THAT(parts.validation, SizeIs(1));
  EXPECT_THAT(parts.test, SizeIs(1));
}

TEST(Split, one_sample_is_for_training) {
  const Split parts = split_samples(1, {}, {{0.45}, {0.45}}, 1);
  EXPECT_THAT(parts.train, ElementsAre(0));
}

TEST(Split, no_sample_is_an_error) {
  EXPECT_THAT([] { split_samples(0, {}, kUsual, 1); },
              ThrowsMessage<UsageError>("data: there is no sample to train on; give more data"));
}

TEST(Split, the_same_label_everywhere_is_an_error) {
  EXPECT_THAT(
      [] {
        split(labels_with({0, 0, 5}));
      },
      ThrowsMessage<UsageError>(
          HasSubstr("data: every sample has the label 2, expected two classes or more")));
}

TEST(Split, shares_that_leave_nothing_for_training_are_an_error) {
  EXPECT_THAT(
      [] {
        split_samples(100, {}, {{0.5}, {0.5}}, 1);
      },
      ThrowsMessage<UsageError>(
          HasSubstr("data.validation is 50% and data.test is 50%; expected two shares "
                    "that leave something for training: lower one of them")));
}

TEST(StratifiedPart, takes_its_share_of_every_class_and_one_sample_at_least) {
  std::vector<std::int64_t> samples;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 200; ++i) {
    labels.push_back(i < 100 ? 0 : i < 198 ? 1 : 2);
    if (i % 2 == 1) samples.push_back(i);  // 50, 49 and 1 of the classes.
  }
  for (const double share : {0.1, 0.5, 1.0}) {
    const auto part = stratified_part(samples, labels, Fraction{share}, 1);
    std::vector<double> counts(3);
    for (const std::int64_t sample : part) {
      EXPECT_EQ(sample % 2, 1);
      counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)])] += 1;
    }
    EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
    EXPECT_NEAR(counts[0], 50 * share, 1);
    EXPECT_NEAR(counts[1], 49 * share, 1);
    EXPECT_EQ(counts[2], 1);
  }
  EXPECT_EQ(stratified_part(samples, labels, Fraction{1.0}, 1), samples);
  EXPECT_EQ(stratified_part(samples, {}, Fraction{0.5}, 1),
            stratified_part(samples, {}, Fraction{0.5}, 1));
  EXPECT_NE(stratified_part(samples, {}, Fraction{0.5}, 1),
            stratified_part(samples, {}, Fraction{0.5}, 2));
}

}  // namespace
}  // namespace greentrain
