#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greentrain {

/// The images below a folder that has one sub-folder per class.
struct ImageFolder {
  std::vector<std::string> classes;  ///< Names of the sub-folders, sorted by bytes: label 0, 1, ...
  std::vector<std::string> paths;    ///< Of .jpg, .jpeg and .png files, by class, sorted by bytes.
  std::vector<std::int64_t> labels;  ///< One per path.
  std::vector<std::int64_t> sizes;   ///< Bytes; one per path.

  /// Over one line per image: its path below the folder, a tab, its size. Not over the pixels.
  std::string list_sha256() const;

  std::string folder;
};

/// Looks into each sub-folder, and the folders within it. Names that begin with a dot, and files
/// with other endings, are passed over; links are followed. Throws UsageError: no folder, fewer
/// than two sub-folders, one without an image, images beside the sub-folders.
ImageFolder find_images(const std::string& folder);

}  // namespace greentrain
