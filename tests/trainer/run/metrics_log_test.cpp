#include "trainer/run/metrics_log.h"

#include <limits>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(MetricsLog, writes_one_object_per_line_with_units_in_the_names) {
  const TestFolder folder;
  MetricsLog log(folder / "metrics.jsonl");
  log.write({.step = 20,
             .epoch = 1,
             .samples_seen = 1280,
             .time = Seconds{0.5},
             .loss = 1.25,
             .validation_loss = 1.5,
             .validation_metrics = {{"accuracy", 0.75}, {"top_5", 1.0}},
             .learning_rate = 0.001,
             .samples_per_s = 2560.0,
             .power = Watts{12.5},
             .joules = Joules{6.25}});
  EXPECT_EQ(
      read_file(folder / "metrics.jsonl"),
      R"({"step":20,"epoch":1,"samples_seen":1280,"time_s":0.5,"loss":1.25,)"
      R"("validation_loss":1.5,"validation_accuracy":0.75,"validation_top_5":1.0,"learning_rate":0.001,)"
      R"("samples_per_s":2560.0,"watts":12.5,"joules":6.25})"
      "\n");
}

TEST(MetricsLog, writes_the_phases_that_took_time) {
  const TestFolder folder;
  MetricsLog log(folder / "metrics.jsonl");
  MetricsPoint point{.step = 1, .epoch = 1, .samples_seen = 8, .time = Seconds{1}};
  point.phases.emplace();
  (*point.phases)[static_cast<std::size_t>(Phase::Forward)] = Seconds{0.25};
  (*point.phases)[static_cast<std::size_t>(Phase::Update)] = Seconds{0.5};
  log.write(point);
  EXPECT_EQ(read_file(folder / "metrics.jsonl"),
            R"({"step":1,"epoch":1,"samples_seen":8,"time_s":1.0,)"
            R"("phases_s":{"forward":0.25,"update":0.5}})"
            "\n");
}

TEST(MetricsLog, says_why_a_step_was_passed_over) {
  const TestFolder folder;
  MetricsLog log(folder / "metrics.jsonl");
  log.write({.step = 3,
             .epoch = 1,
             .samples_seen = 8,
             .time = Seconds{1},
             .loss = 2.0,
             .gradient_norm = std::numeric_limits<double>::infinity(),
             .loss_scale = 1024.0,
             .passed_over = "gradients overflowed in fp16"});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"),
            R"({"step":3,"epoch":1,"samples_seen":8,"time_s":1.0,"loss":2.0,)"
            R"("loss_scale":1024.0,"passed_over":"gradients overflowed in fp16"})"
            "\n");
}

TEST(MetricsLog, leaves_out_what_is_not_known) {
  const TestFolder folder;
  MetricsLog log(folder / "metrics.jsonl");
  log.write({.step = 1,
             .epoch = 1,
             .samples_seen = 64,
             .time = Seconds{2},
             .loss = std::numeric_limits<double>::quiet_NaN()});
  log.write({.step = 2, .epoch = 1, .samples_seen = 128, .time = Seconds{3}, .loss = 2.0});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"),
            R"({"step":1,"epoch":1,"samples_seen":64,"time_s":2.0})"
            "\n"
            R"({"step":2,"epoch":1,"samples_seen":128,"time_s":3.0,"loss":2.0})"
            "\n");
}

TEST(MetricsLog, a_full_disk_is_an_error) {
  MetricsLog log("/dev/full");
  EXPECT_THAT([&] { log.write({}); }, ThrowsMessage<Error>(HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace greentrain
