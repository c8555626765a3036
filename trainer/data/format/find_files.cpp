#include "trainer/data/format/find_files.h"

#include <algorithm>
#include <filesystem>
#include <glob.h>
#include <set>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> glob_files(const std::string& pattern) {
  std::vector<std::string> files;
  glob_t found{};
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (const char* path : std::span(found.gl_pathv, found.gl_pathc)) {
      std::error_code ignored;
      if (!fs::is_directory(path, ignored)) files.emplace_back(path);
    }
  }
  globfree(&found);
  std::ranges::sort(files);  // glob's own order depends on the locale.
  return files;
}

std::string where_searched(const fs::path& path) {
  const fs::path folder = fs::absolute(path).parent_path();
  std::error_code ignored;
  return fmt::format("{}{}", folder.string(),
                     fs::is_directory(folder, ignored) ? "" : ", a folder that does not exist");
}

UsageError nothing_found(std::string_view key, const std::string& pattern) {
  const fs::path path(pattern);
  const bool digits = path.filename() == "digits.csv.gz";
  return UsageError(fmt::format(
      "{}: no file {} in {}; {}", key, is_glob(pattern) ? "matches " + pattern : pattern,
      where_searched(path),
      digits ? "fetch it with scripts/fetch_data.sh digits"
             : "correct the path (relative ones start at the working directory) or put it there"));
}

std::vector<std::string> files_of(std::string_view key, const std::string& pattern) {
  if (pattern.empty()) {
    throw UsageError(fmt::format("{} holds an empty name, expected a file or a glob", key));
  }
  std::error_code ignored;
  if (fs::is_directory(pattern, ignored)) {
    throw UsageError(fmt::format("{}: {} is a folder, expected a file or a glob such as {}", key,
                                 pattern, (fs::path(pattern) / "*").string()));
  }
  if (fs::exists(pattern, ignored)) return {pattern};
  std::vector<std::string> files;
  if (is_glob(pattern)) files = glob_files(pattern);
  if (files.empty()) throw nothing_found(key, pattern);
  return files;
}

}  // namespace

std::vector<std::string> find_files(std::string_view key, std::span<const std::string> patterns) {
  if (patterns.empty()) {
    throw UsageError(fmt::format("{} is empty, expected one file or more", key));
  }
  std::vector<std::string> files;
  std::set<fs::path> seen;
  for (const std::string& pattern : patterns) {
    for (std::string& file : files_of(key, pattern)) {
      std::error_code ignored;
      if (seen.insert(fs::weakly_canonical(file, ignored)).second) files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace greentrain
