#include "trainer/cli/measured_run.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "trainer/run/run_directory.h"
#include "trainer/run/run_report.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

/// Whether a step takes as long whatever the value of this setting.
bool is_of_no_matter(std::string_view path) {
  constexpr std::array<std::string_view, 11> kNames{"run.",
                                                    "meter.",
                                                    "carbon.",
                                                    "scheduler.",
                                                    "train.epochs",
                                                    "train.max_steps",
                                                    "train.early_stopping",
                                                    "train.learning_rate",
                                                    "train.schedule",
                                                    "comm.timeout",
                                                    "comm.first_step_timeout"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return path.starts_with(name); });
}

std::map<std::string, std::string> what_matters(const LoadedConfig& config) {
  std::map<std::string, std::string> values;
  for (const ResolvedSetting& setting : config.settings) {
    if (!is_of_no_matter(setting.path)) values[setting.path] = setting.value;
  }
  return values;
}

std::optional<MeasuredRun> measured(const fs::path& folder, const LoadedConfig& config) {
  try {
    const RunDirectory directory = RunDirectory::open(folder);
    if (what_matters(load_config(directory.config().string(), {})) != what_matters(config)) {
      return std::nullopt;
    }
    const RunReport report =
        run_report_from_json(nlohmann::json::parse(read_file(directory.report())));
    if (report.result.steps == 0) return std::nullopt;
    const Seconds time = report.time.train + report.time.evaluation;
    MeasuredRun run{
        folder, time / static_cast<double>(report.result.steps), {}, report.provenance.ranks};
    if (report.energy.total.quality != Quality::Unmeasured && report.time.total.count() > 0) {
      run.power = report.energy.total.joules / report.time.total;
    }
    return run;
  } catch (const Error&) {  // Another version's, or no run.
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<MeasuredRun> newest_run_like(const LoadedConfig& config, const fs::path& runs) {
  std::vector<std::pair<fs::file_time_type, fs::path>> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(runs, none)) {
    const fs::path report = entry.path() / "report.json";
    const auto time = fs::last_write_time(report, none);
    if (!none) folders.emplace_back(time, entry.path());
  }
  std::sort(folders.rbegin(), folders.rend());
  for (const auto& [time, folder] : folders) {
    if (auto run = measured(folder, config)) return run;
  }
  return std::nullopt;
}

}  // namespace greentrain
