#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "core/file.h"
#include "trainer/run/logs/metrics_sink.h"

namespace greentrain {

/// A file in a run directory as TensorBoard reads it: the numbers of each point as scalars by step,
/// and the config as a text. Scalars are named train/loss, validation/accuracy, energy/joules,
/// phases_s/forward and so on.
class TensorboardLog final : public MetricsSink {
 public:
  /// `started` is the date at which a point's time is 0.
  TensorboardLog(const std::filesystem::path& folder, std::chrono::system_clock::time_point started,
                 const std::string& host);

  void write(const MetricsPoint& point) override;
  void write_config(const std::string& yaml);  ///< Shown in the tab TEXT.
  const std::filesystem::path& path() const { return path_; }

 private:
  double date_of(Seconds time) const;  ///< Seconds since 1970.

  std::chrono::system_clock::time_point started_;
  std::filesystem::path path_;
  AppendFile file_;
};

}  // namespace greentrain
