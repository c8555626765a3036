#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "trainer/run/logs/metrics_sink.h"

namespace greentrain {

/// metrics.csv: a header, then one row per point (RFC 4180, but for LF at the line ends). Columns
/// are named as the fields of metrics.jsonl; those of phases_s as "phases_s.forward". What is not
/// known is an empty field.
class CsvLog final : public MetricsSink {
 public:
  /// `metrics`: what evaluations measure, by name: a column "validation_NAME" for each.
  CsvLog(const std::filesystem::path& path, const std::vector<std::string>& metrics);
  void write(const MetricsPoint& point) override;

 private:
  std::vector<std::string> columns_;
  AppendFile file_;
};

}  // namespace greentrain
