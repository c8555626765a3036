#pragma once

#include <filesystem>

#include "core/file.h"
#include "trainer/run/logs/metrics_sink.h"

namespace greentrain {

/// metrics.jsonl: one JSON object per line, one line per point; fields as in docs/report.md. What
/// is not known is left out.
class JsonlLog final : public MetricsSink {
 public:
  explicit JsonlLog(const std::filesystem::path& path) : file_(path) {}
  void write(const MetricsPoint& point) override;

 private:
  AppendFile file_;
};

}  // namespace greentrain
