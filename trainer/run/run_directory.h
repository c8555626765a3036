#pragma once

#include <filesystem>

#include "trainer/run/run_options.h"

namespace greentrain {

/// Where the files of one run lie. A value; nothing is removed when it goes.
class RunDirectory {
 public:
  /// Makes run.dir, or PARENT/NAME-N with N one above the highest there is; two runs that start at
  /// once get different ones. Throws UsageError when the name is no file name, when run.dir holds a
  /// run, or when the folder cannot be made or written to.
  static RunDirectory create(const RunOptions& options,
                             const std::filesystem::path& parent = "runs");

  /// The directory of a run whose weights are to be used. Throws UsageError that lists what is
  /// missing of config and best weights.
  static RunDirectory open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.yaml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path metrics_csv() const { return path_ / "metrics.csv"; }
  std::filesystem::path decisions() const { return path_ / "decisions.jsonl"; }
  std::filesystem::path best_weights() const { return path_ / "best.safetensors"; }
  std::filesystem::path last_weights() const { return path_ / "last.safetensors"; }
  std::filesystem::path weights() const;  ///< The best ones, or else the last.
  std::filesystem::path report() const { return path_ / "report.json"; }
  std::filesystem::path plan() const { return path_ / "plan.jsonl"; }
  std::filesystem::path carbon() const { return path_ / "carbon.json"; }

 private:
  explicit RunDirectory(std::filesystem::path path);

  std::filesystem::path path_;
};

}  // namespace greentrain
