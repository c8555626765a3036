#include "trainer/metrics/metric.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::HasSubstr;

TEST(Metric, names_with_a_number_carry_it) {
  EXPECT_EQ(parse_metric("accuracy")->kind, MetricKind::Accuracy);
  EXPECT_EQ(parse_metric("accuracy")->number, std::nullopt);
  EXPECT_EQ(parse_metric("top_5")->kind, MetricKind::TopK);
  EXPECT_EQ(parse_metric("top_5")->number, 5);
  EXPECT_EQ(parse_metric("recall")->number, std::nullopt);
  EXPECT_EQ(parse_metric("recall_0")->number, 0);
}

TEST(Metric, what_is_no_name_is_none) {
  for (const char* name :
       {"", "acuracy", "top_", "top_x", "top_-1", "top_05", "top_5 ", "recall_"}) {
    EXPECT_FALSE(parse_metric(name)) << name;
  }
}

TEST(Metric, errors_should_fall_and_the_others_rise) {
  for (const char* name : {"loss", "perplexity", "mae"}) {
    EXPECT_FALSE(should_rise(parse_metric(name)->kind)) << name;
  }
  for (const char* name : {"accuracy", "top_2", "precision_1", "recall", "r2"}) {
    EXPECT_TRUE(should_rise(parse_metric(name)->kind)) << name;
  }
}

TEST(Metric, one_that_does_not_exist_gets_the_list_of_those_that_do) {
  EXPECT_EQ(metric_problem("f1", LossType::CrossEntropy),
            "there is no metric 'f1' under train.loss.type cross_entropy; expected loss, accuracy, "
            "top_K (such as top_5), precision, recall, precision_C (C a class), recall_C (C a "
            "class) or perplexity");
  EXPECT_EQ(metric_problem("accuracy", LossType::Mse),
            "there is no metric 'accuracy' under train.loss.type mse; expected loss, r2 or mae");
  EXPECT_FALSE(metric_problem("r2", LossType::L1));
  EXPECT_FALSE(metric_problem("accuracy", LossType::Bce));
  EXPECT_TRUE(metric_problem("top_1", LossType::Bce));
}

TEST(Metric, the_number_of_classes_bounds_the_numbered_ones) {
  EXPECT_FALSE(metric_problem("top_10", LossType::CrossEntropy, 10));
  EXPECT_FALSE(metric_problem("recall_9", LossType::CrossEntropy, 10));
  EXPECT_THAT(*metric_problem("top_11", LossType::CrossEntropy, 10),
              HasSubstr("top_K (K from 1 to 10)"));
  EXPECT_THAT(*metric_problem("recall_10", LossType::CrossEntropy, 10),
              HasSubstr("recall_C (C from 0 to 9)"));
  EXPECT_TRUE(metric_problem("top_0", LossType::CrossEntropy));
}

TEST(Metric, a_monitor_is_the_name_after_validation) {
  EXPECT_EQ(monitored_metric("validation_top_5"), "top_5");
  EXPECT_EQ(monitored_metric("accuracy"), "");
  EXPECT_EQ(monitored_metric("validation_"), "");
}

TEST(Metric, shares_are_written_in_percent) {
  EXPECT_EQ(metric_text("top_3", 0.97412), "97.41 %");
  EXPECT_EQ(metric_text("r2", 0.5), "0.500");
  EXPECT_EQ(metric_text("perplexity", 11.25), "11.2");
}

TEST(Evaluation, values_are_found_by_name) {
  const Evaluation evaluation{0.5, 3, {{"recall", 0.25}}};
  EXPECT_EQ(evaluation.value("loss"), 0.5);
  EXPECT_EQ(evaluation.value("recall"), 0.25);
  EXPECT_EQ(evaluation.value("accuracy"), std::nullopt);
}

}  // namespace
}  // namespace greentrain
