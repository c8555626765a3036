#include "trainer/run/logs/jsonl_log.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/run/logs/sample_points.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string logged(const std::vector<MetricsPoint>& points) {
  const TestFolder folder;
  JsonlLog log(folder / "metrics.jsonl");
  for (const MetricsPoint& point : points) log.write(point);
  return read_file(folder / "metrics.jsonl");
}

TEST(JsonlLog, writes_one_object_per_line_with_units_in_the_names) {
  EXPECT_EQ(logged({full_point()}),
            R"({"step":20,"epoch":1,"samples_seen":1280,"time_s":0.5,"loss":1.25,)"
            R"("validation_loss":1.5,"validation_accuracy":0.75,"validation_top_5":0.875,)"
            R"("learning_rate":0.001,"samples_per_s":2560.0,"watts":12.5,"joules":6.25})"
            "\n");
}

TEST(JsonlLog, writes_the_phases_that_took_time) {
  EXPECT_EQ(logged({point_with_phases()}),
            R"({"step":21,"epoch":1,"samples_seen":1344,"time_s":2.0,"loss":2.0,)"
            R"("phases_s":{"forward":0.25,"update":0.5}})"
            "\n");
}

TEST(JsonlLog, leaves_out_what_is_not_known) {
  EXPECT_EQ(logged({bare_point(), bare_point()}),
            R"({"step":21,"epoch":1,"samples_seen":1344,"time_s":2.0})"
            "\n"
            R"({"step":21,"epoch":1,"samples_seen":1344,"time_s":2.0})"
            "\n");
}

TEST(JsonlLog, a_full_disk_is_an_error) {
  JsonlLog log("/dev/full");
  EXPECT_THAT([&] { log.write({}); }, ThrowsMessage<Error>(HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace greentrain
