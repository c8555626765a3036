#include "trainer/run/logs/tensorboard_log.h"

#include <map>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "core/file.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/run/logs/sample_points.h"
#include "trainer/run/logs/record_framing.h"
#include "trainer/run/logs/tensorboard_event.pb.h"

namespace greentrain {
namespace {

using tensorboard::Event;
using namespace std::chrono_literals;

const std::chrono::system_clock::time_point kStarted{1'700'000'000s + 250ms};

/// The events of a file whose frames are whole; fails on others.
std::vector<Event> events_in(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::vector<Event> events;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]) +
                                               256 * static_cast<unsigned char>(rest[1]));
    const std::string payload(rest.substr(12, size));
    EXPECT_EQ(rest.substr(0, size + 16), framed_record(payload));
    EXPECT_TRUE(events.emplace_back().ParseFromString(payload));
    rest.remove_prefix(size + 16);
  }
  return events;
}

std::map<std::string, float> scalars_of(const Event& event) {
  std::map<std::string, float> scalars;
  for (const auto& value : event.summary().value()) scalars[value.tag()] = value.simple_value();
  return scalars;
}

TEST(TensorboardLog, is_named_as_tensorboard_looks_for_it_and_says_its_version_first) {
  const TestFolder folder;
  const TensorboardLog log(folder / "", kStarted, "node1");
  EXPECT_EQ(log.path().filename(), "events.out.tfevents.1700000000.node1");
  const auto events = events_in(log.path());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[0].wall_time(), 1'700'000'000.25);
}

TEST(TensorboardLog, writes_the_numbers_of_a_point_as_scalars_in_groups) {
  const TestFolder folder;
  TensorboardLog log(folder / "", kStarted, "node1");
  log.write(full_point());
  const Event event = events_in(log.path()).back();
  EXPECT_EQ(event.step(), 20);
  EXPECT_EQ(event.wall_time(), 1'700'000'000.75);
  const std::map<std::string, float> expected{{"train/epoch", 1},
                                              {"train/samples_seen", 1280},
                                              {"train/loss", 1.25},
                                              {"validation/loss", 1.5},
                                              {"validation/accuracy", 0.75},
                                              {"validation/top_5", 0.875},
                                              {"train/learning_rate", 0.001f},
                                              {"train/samples_per_s", 2560},
                                              {"energy/watts", 12.5},
                                              {"energy/joules", 6.25}};
  EXPECT_EQ(scalars_of(event), expected);
}

TEST(TensorboardLog, leaves_out_what_is_not_known_and_phases_without_time) {
  const TestFolder folder;
  TensorboardLog log(folder / "", kStarted, "node1");
  log.write(point_with_phases());
  const std::map<std::string, float> expected{{"train/epoch", 1},
                                              {"train/samples_seen", 1344},
                                              {"train/loss", 2},
                                              {"phases_s/forward", 0.25},
                                              {"phases_s/update", 0.5}};
  EXPECT_EQ(scalars_of(events_in(log.path()).back()), expected);
}

TEST(TensorboardLog, writes_the_config_as_a_text) {
  const TestFolder folder;
  TensorboardLog log(folder / "", kStarted, "node1");
  log.write_config("run:\n  name: digits\n");
  const Event event = events_in(log.path()).back();
  ASSERT_EQ(event.summary().value_size(), 1);
  const auto& value = event.summary().value(0);
  EXPECT_EQ(value.tag(), "config");
  EXPECT_EQ(value.metadata().plugin_data().plugin_name(), "text");
  EXPECT_EQ(value.tensor().dtype(), tensorboard::DT_STRING);
  EXPECT_EQ(value.tensor().tensor_shape().dim(0).size(), 1);
  EXPECT_EQ(value.tensor().string_val(0), "```yaml\nrun:\n  name: digits\n```\n");
}

TEST(TensorboardLog, what_was_written_is_in_the_file_at_once) {
  const TestFolder folder;
  TensorboardLog log(folder / "", kStarted, "node1");
  for (std::size_t written = 1; written <= 3; ++written) {
    log.write(full_point());
    EXPECT_EQ(events_in(log.path()).size(), written + 1);
  }
}

}  // namespace
}  // namespace greentrain
