#pragma once

#include <string>

#include "trainer/data/dataset.h"

namespace greentrain {

/// Text for next-byte prediction: sample k is bytes k * context to (k + 1) * context - 1, and its
/// targets are the same shifted by one byte. The vocabulary is the 256 byte values. What is left
/// at the end of the text, less than a sample, is not used.
class TextDataset final : public Dataset {
 public:
  /// Fills info's sample_shape, classes and text. Throws UsageError when the text is shorter than
  /// one sample and its last target, context + 1 bytes.
  TextDataset(DatasetInfo info, std::string text, std::int64_t context);

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override;
  std::span<const std::int64_t> labels() const override { return {}; }
  void read(std::span<const std::int64_t> indices, Batch& into) const override;

 private:
  DatasetInfo info_;
  std::string text_;
  std::int64_t context_;
};

}  // namespace greentrain
