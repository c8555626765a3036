#include "trainer/data/format/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/sha256.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool is_image(const fs::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

/// The entries of a folder that count, sorted by bytes so that all ranks see the same order.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (!is_hidden(at->path())) entries.push_back(at->path());
  }
  if (problem) {
    throw UsageError(
        fmt::format("{}: cannot read the folder: {}", folder.string(), problem.message()));
  }
  std::ranges::sort(entries);
  return entries;
}

void append_images(const fs::path& folder, std::int64_t label, ImageFolder& found) {
  for (const fs::path& path : entries_of(folder)) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      append_images(path, label, found);
    } else if (is_image(path)) {
      found.paths.push_back(path.string());
      found.labels.push_back(label);
      found.sizes.push_back(static_cast<std::int64_t>(fs::file_size(path, ignored)));
    }
  }
}

}  // namespace

std::string ImageFolder::list_sha256() const {
  Sha256 sum;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const fs::path below = fs::path(paths[i]).lexically_relative(folder);
    sum.update(fmt::format("{}\t{}\n", below.generic_string(), sizes[i]));
  }
  return sum.hex();
}

ImageFolder find_images(const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw UsageError(fmt::format(
        "data.path: {} is no folder, expected one with a sub-folder of images for each class",
        folder));
  }
  ImageFolder found;
  found.folder = folder;
  for (const fs::path& path : entries_of(folder)) {
    if (!fs::is_directory(path, ignored)) {
      if (!is_image(path)) continue;
      throw UsageError(fmt::format(
          "{}: an image beside the sub-folders, which has no class; move it into one of them",
          path.string()));
    }
    const std::size_t before = found.paths.size();
    append_images(path, std::ssize(found.classes), found);
    if (found.paths.size() == before) {
      throw UsageError(fmt::format(
          "{}: no .jpg, .jpeg or .png file in it, expected images of the class '{}'; remove the "
          "folder if it is none",
          path.string(), path.filename().string()));
    }
    found.classes.push_back(path.filename().string());
  }
  if (found.classes.size() < 2) {
    throw UsageError(
        fmt::format("{}: {} sub-folder{} with images, expected two or more, one for each class",
                    folder, found.classes.size(), found.classes.size() == 1 ? "" : "s"));
  }
  return found;
}

}  // namespace greentrain
