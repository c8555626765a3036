#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "trainer/data/data_options.h"
#include "trainer/data/dataset.h"
#include "trainer/data/format/image_folder.h"

namespace greentrain {

/// Images that stay in their files and are decoded anew each time they are read, scaled and cut to
/// one shape, as 0 to 1.
class ImageDataset final : public Dataset {
 public:
  /// shape: [channels, height, width], with 1 or 3 channels. Fills info's sample_shape and classes.
  ImageDataset(DatasetInfo info, ImageFolder images, std::vector<std::int64_t> shape,
               BadImages policy);

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return std::ssize(images_.paths); }
  std::span<const std::int64_t> labels() const override { return images_.labels; }
  /// Throws UsageError naming an image that does not decode, or by policy warns of it, once, and
  /// gives it weight 0.
  void read(std::span<const std::int64_t> indices, Batch& into) const override;
  std::vector<std::string> unreadable() const override;

 private:
  bool read_one(std::int64_t index, std::span<float> out) const;
  void note_problem(std::int64_t index, const std::string& problem) const;

  DatasetInfo info_;
  ImageFolder images_;
  BadImages policy_;
  mutable std::mutex mutex_;
  mutable std::set<std::int64_t> unreadable_;
};

}  // namespace greentrain
