#include "trainer/cli/open_logs.h"

#include <string>

#include "comm/launch.h"
#include "trainer/run/logs/csv_log.h"
#include "trainer/run/logs/jsonl_log.h"
#include "trainer/run/logs/tensorboard_log.h"

namespace greentrain {
namespace {

std::unique_ptr<MetricsSink> open_log(LogFormat format, const LoadedConfig& loaded,
                                      const RunDirectory& directory,
                                      const std::vector<std::string>& metrics,
                                      std::chrono::system_clock::time_point start_date) {
  switch (format) {
    case LogFormat::Jsonl:
      return std::make_unique<JsonlLog>(directory.metrics());
    case LogFormat::Csv:
      return std::make_unique<CsvLog>(directory.metrics_csv(), metrics);
    case LogFormat::Tensorboard: {
      auto log = std::make_unique<TensorboardLog>(directory.path(), start_date, host_name());
      log->write_config(resolved_yaml(loaded.settings, Origins::Hidden));
      return log;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<std::unique_ptr<MetricsSink>> open_logs(
    const LoadedConfig& loaded, const RunDirectory& directory,
    const std::vector<std::string>& metrics, std::chrono::system_clock::time_point start_date) {
  std::vector<std::unique_ptr<MetricsSink>> logs;
  for (const LogFormat format : loaded.config.run.logs) {
    logs.push_back(open_log(format, loaded, directory, metrics, start_date));
  }
  return logs;
}

}  // namespace greentrain
