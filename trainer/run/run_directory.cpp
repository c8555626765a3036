#include "trainer/run/run_directory.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

UsageError cannot_use(const fs::path& folder, const std::error_code& failure) {
  return UsageError(
      fmt::format("{}: cannot write to this folder: {}; choose another with run.dir=DIR",
                  folder.string(), failure.message()));
}

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (!failure && ::access(folder.c_str(), W_OK | X_OK) != 0) {
    failure.assign(errno, std::generic_category());
  }
  if (failure) throw cannot_use(folder, failure);
}

void refuse_if_a_run(const RunDirectory& directory) {
  for (const fs::path& file : {directory.report(), directory.config(), directory.metrics(),
                               directory.best_weights(), directory.last_weights()}) {
    if (fs::exists(file)) {
      throw UsageError(fmt::format(
          "{}: already holds a run (its {}), expected a new or empty folder; choose another with "
          "run.dir=DIR",
          directory.path().string(), file.filename().string()));
    }
  }
}

void check_name(const std::string& name) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
    throw UsageError(fmt::format(
        "run.name is \"{}\", expected the name of a folder: not empty, no '/', no '.' in front",
        name));
  }
}

/// N of "NAME-N"; 0 for every other name.
std::int64_t run_number(std::string_view folder, std::string_view name) {
  if (!folder.starts_with(name)) return 0;
  folder.remove_prefix(name.size());
  if (!folder.starts_with('-')) return 0;
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(folder.data() + 1, folder.data() + folder.size(), number);
  return error == std::errc() && end == folder.data() + folder.size() ? number : 0;
}

std::int64_t highest_run(const fs::path& parent, const std::string& name) {
  std::int64_t highest = 0;
  for (const auto& entry : fs::directory_iterator(parent)) {
    highest = std::max(highest, run_number(entry.path().filename().string(), name));
  }
  return highest;
}

fs::path make_next(const fs::path& parent, const std::string& name) {
  make_folder(parent);
  for (std::int64_t number = highest_run(parent, name) + 1;; ++number) {
    const fs::path folder = parent / fmt::format("{}-{}", name, number);
    std::error_code failure;
    // False without a failure: another run was faster, so this number is taken.
    if (fs::create_directory(folder, failure)) return folder;
    if (failure) throw cannot_use(folder, failure);
  }
}

}  // namespace

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

fs::path RunDirectory::weights() const {
  return !fs::exists(best_weights()) && fs::exists(last_weights()) ? last_weights()
                                                                   : best_weights();
}

RunDirectory RunDirectory::create(const RunOptions& options, const fs::path& parent) {
  if (options.dir.empty()) {
    check_name(options.name);
    return RunDirectory(make_next(parent, options.name));
  }
  const RunDirectory directory(options.dir);
  make_folder(directory.path());
  refuse_if_a_run(directory);
  return directory;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  const RunDirectory directory(path);
  if (!fs::is_directory(path)) {
    throw UsageError(
        fmt::format("{}: no such folder, expected the directory of a run, such as runs/digits-1",
                    path.string()));
  }
  std::vector<std::string> missing;
  for (const fs::path& file : {directory.config(), directory.weights()}) {
    if (!fs::exists(file)) missing.push_back(file.filename().string());
  }
  if (!missing.empty()) {
    throw UsageError(fmt::format(
        "{}: has no {}, expected the directory of a run that was evaluated at least once",
        path.string(), fmt::join(missing, " and no ")));
  }
  return directory;
}

}  // namespace greentrain
