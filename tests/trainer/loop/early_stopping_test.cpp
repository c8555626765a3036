#include "trainer/loop/early_stopping.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

EarlyStoppingOptions options(std::int64_t patience, double min_delta = 0) {
  EarlyStoppingOptions result;
  result.patience = patience;
  result.min_delta = min_delta;
  return result;
}

Evaluation loss_of(double loss) { return {loss, 1, {}}; }

TEST(EarlyStopping, stops_after_patience_checks_without_improvement) {
  EarlyStopping stopping(options(2));
  EXPECT_TRUE(stopping.observe(loss_of(1.0)));
  EXPECT_FALSE(stopping.observe(loss_of(1.0)));
  EXPECT_FALSE(stopping.should_stop());
  EXPECT_FALSE(stopping.observe(loss_of(1.2)));
  EXPECT_TRUE(stopping.should_stop());
}

TEST(EarlyStopping, an_improvement_starts_the_count_again) {
  EarlyStopping stopping(options(2));
  stopping.observe(loss_of(1.0));
  stopping.observe(loss_of(1.1));
  EXPECT_TRUE(stopping.observe(loss_of(0.9)));
  EXPECT_EQ(stopping.checks_without_improvement(), 0);
  stopping.observe(loss_of(0.95));
  EXPECT_FALSE(stopping.should_stop());
}

TEST(EarlyStopping, a_change_of_min_delta_or_less_does_not_count) {
  EarlyStopping stopping(options(1, 0.25));
  stopping.observe(loss_of(1.0));
  EXPECT_FALSE(stopping.observe(loss_of(0.75)));
  EXPECT_TRUE(stopping.should_stop());
}

TEST(EarlyStopping, accuracy_should_rise) {
  EarlyStoppingOptions by_accuracy = options(1);
  by_accuracy.monitor = "validation_accuracy";
  EarlyStopping stopping(by_accuracy);
  EXPECT_TRUE(stopping.observe({1.0, 1, {{"accuracy", 0.5}}}));
  EXPECT_TRUE(stopping.observe({2.0, 1, {{"accuracy", 0.6}}}));
  EXPECT_FALSE(stopping.observe({0.1, 1, {{"accuracy", 0.6}}}));
  EXPECT_TRUE(stopping.should_stop());
}

TEST(EarlyStopping, a_metric_that_is_not_defined_is_no_improvement) {
  EarlyStoppingOptions by_recall = options(2);
  by_recall.monitor = "validation_recall_3";
  EarlyStopping stopping(by_recall);
  EXPECT_FALSE(stopping.observe({1.0, 1, {}}));
  EXPECT_TRUE(stopping.observe({1.0, 1, {{"recall_3", 0.5}}}));
  EXPECT_FALSE(stopping.observe({1.0, 1, {}}));
}

TEST(EarlyStopping, a_metric_that_is_not_a_number_is_no_improvement) {
  EarlyStopping stopping(options(2));
  EXPECT_FALSE(stopping.observe(loss_of(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_TRUE(stopping.observe(loss_of(1.0)));
  EXPECT_FALSE(stopping.observe(loss_of(std::nan(""))));
}

TEST(EarlyStopping, never_stops_when_disabled_but_still_finds_the_best) {
  EarlyStoppingOptions off = options(1);
  off.enabled = false;
  EarlyStopping stopping(off);
  EXPECT_TRUE(stopping.observe(loss_of(1.0)));
  EXPECT_FALSE(stopping.observe(loss_of(2.0)));
  EXPECT_FALSE(stopping.should_stop());
}

}  // namespace
}  // namespace greentrain
