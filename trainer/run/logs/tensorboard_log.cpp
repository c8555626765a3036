#include "trainer/run/logs/tensorboard_log.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "trainer/run/logs/record_framing.h"
#include "trainer/run/logs/tensorboard_event.pb.h"

namespace greentrain {
namespace {

using tensorboard::Event;

/// TensorBoard shows what comes before the slash as one group.
std::string tag_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kGroups{
      {{"validation_", "validation/"},
       {"phases_s.", "phases_s/"},
       {"watts", "energy/watts"},
       {"joules", "energy/joules"}}};
  for (const auto& [prefix, group] : kGroups) {
    if (!name.starts_with(prefix)) continue;
    return std::string(group) + std::string(name.substr(prefix.size()));
  }
  return "train/" + std::string(name);
}

std::string file_name(std::chrono::system_clock::time_point started, const std::string& host) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(started.time_since_epoch());
  return fmt::format("events.out.tfevents.{:010}.{}", seconds.count(), host);
}

void append(AppendFile& file, const Event& event) {
  file.append(framed_record(event.SerializeAsString()));
}

}  // namespace

TensorboardLog::TensorboardLog(const std::filesystem::path& folder,
                               std::chrono::system_clock::time_point started,
                               const std::string& host)
    : started_(started), path_(folder / file_name(started, host)), file_(path_) {
  Event event;
  event.set_wall_time(date_of(Seconds{0}));
  event.set_file_version("brain.Event:2");
  append(file_, event);
}

double TensorboardLog::date_of(Seconds time) const {
  // Apart, since nanoseconds since 1970 do not fit into a double.
  const auto whole = std::chrono::floor<std::chrono::seconds>(started_);
  return static_cast<double>(whole.time_since_epoch().count()) +
         (Seconds(started_ - whole) + time).count();
}

void TensorboardLog::write(const MetricsPoint& point) {
  Event event;
  event.set_wall_time(date_of(point.time));
  event.set_step(point.step);
  for (const auto& [name, value] : numbers_of(point)) {
    if (name == "step" || name == "time_s") continue;  // The event's own.
    auto& scalar = *event.mutable_summary()->add_value();
    scalar.set_tag(tag_of(name));
    scalar.set_simple_value(static_cast<float>(value));
  }
  append(file_, event);
}

void TensorboardLog::write_config(const std::string& yaml) {
  Event event;
  event.set_wall_time(date_of(Seconds{0}));
  auto& text = *event.mutable_summary()->add_value();
  text.set_tag("config");
  text.mutable_metadata()->mutable_plugin_data()->set_plugin_name("text");
  auto& tensor = *text.mutable_tensor();
  tensor.set_dtype(tensorboard::DT_STRING);
  tensor.mutable_tensor_shape()->add_dim()->set_size(1);
  // TensorBoard takes it for Markdown; fenced, it keeps its lines.
  tensor.add_string_val("```yaml\n" + yaml + "```\n");
  append(file_, event);
}

}  // namespace greentrain
