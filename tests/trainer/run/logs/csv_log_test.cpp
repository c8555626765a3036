#include "trainer/run/logs/csv_log.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/run/logs/sample_points.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kBefore = "step,epoch,samples_seen,time_s,loss,validation_loss,";
constexpr const char* kAfter =
    "learning_rate,gradient_norm,loss_scale,samples_per_s,watts,joules,phases_s.startup,phases_s."
    "data,phases_s.forward,"
    "phases_s.backward,phases_s.exchange,phases_s.update,phases_s.wait,phases_s.evaluation,"
    "phases_s.checkpoint,phases_s.idle,passed_over\n";

TEST(CsvLog, has_a_column_for_whatever_a_point_may_have) {
  const TestFolder folder;
  CsvLog log(folder / "metrics.csv", {"top_5", "accuracy", "accuracy", "loss"});
  log.write(full_point());
  log.write(point_with_phases());
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            std::string(kBefore) + "validation_accuracy,validation_top_5," + kAfter +
                "20,1,1280,0.5,1.25,1.5,0.75,0.875,0.001,,,2560,12.5,6.25,,,,,,,,,,,\n"
                "21,1,1344,2,2,,,,,,,,,,,,0.25,,,0.5,,,,,\n");
}

TEST(CsvLog, leaves_the_field_of_what_is_not_known_empty) {
  const TestFolder folder;
  CsvLog log(folder / "metrics.csv", {});
  log.write(bare_point());
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            std::string(kBefore) + kAfter + "21,1,1344,2,,,,,,,,,,,,,,,,,,,\n");
}

TEST(CsvLog, quotes_why_a_step_was_passed_over) {
  const TestFolder folder;
  CsvLog log(folder / "metrics.csv", {});
  MetricsPoint point = bare_point();
  point.passed_over = "the \"loss\", not finite";
  log.write(point);
  const std::string text = read_file(folder / "metrics.csv");
  EXPECT_THAT(text, testing::EndsWith(",\"the \"\"loss\"\", not finite\"\n"));
}

TEST(CsvLog, a_full_disk_is_an_error) {
  EXPECT_THAT([] { CsvLog("/dev/full", {}); },
              ThrowsMessage<Error>(HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace greentrain
