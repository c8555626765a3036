#include "trainer/run/logs/metrics_point.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trainer/run/logs/sample_points.h"

namespace greentrain {
namespace {

std::vector<std::string> names_of(const MetricsPoint& point) {
  std::vector<std::string> names;
  for (const auto& [name, value] : numbers_of(point)) names.push_back(name);
  return names;
}

TEST(MetricsPoint, gives_the_numbers_that_are_known_and_finite) {
  EXPECT_THAT(names_of(bare_point()),
              testing::ElementsAre("step", "epoch", "samples_seen", "time_s"));
  EXPECT_THAT(numbers_of(point_with_phases()),
              testing::Contains(std::pair<std::string, double>("phases_s.update", 0.5)));
}

TEST(MetricsPoint, has_a_column_for_each_of_them_in_their_order) {
  const auto columns = metric_columns({"accuracy", "top_5"});
  for (const MetricsPoint& point : {full_point(), point_with_phases(), bare_point()}) {
    auto column = columns.begin();
    for (const std::string& name : names_of(point)) {
      column = std::find(column, columns.end(), name);
      EXPECT_NE(column, columns.end()) << name;
    }
  }
}

}  // namespace
}  // namespace greentrain
