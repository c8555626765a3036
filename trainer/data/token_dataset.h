#pragma once

#include <string>
#include <vector>

#include "trainer/data/dataset.h"
#include "trainer/data/format/mapped_file.h"
#include "trainer/data/format/token_file.h"

namespace greentrain {

/// Token files for next-token prediction, mapped, not read: sample k of a file is tokens k *
/// context to (k + 1) * context - 1, and its targets are the same shifted by one. No sample spans
/// two files; what is left at the end of a file is not used.
class TokenDataset final : public Dataset {
 public:
  /// Goes once through all tokens. A vocabulary of 0 is the largest id + 1.
  /// Throws UsageError: see TokenFile; or when a file is shorter than one sample.
  TokenDataset(DatasetInfo info, std::vector<MappedFile> files, TokenWidth width,
               std::int64_t context, std::int64_t vocabulary);

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return first_samples_.back(); }
  std::span<const std::int64_t> labels() const override { return {}; }
  void read(std::span<const std::int64_t> indices, Batch& into) const override;

 private:
  DatasetInfo info_;
  std::vector<MappedFile> files_;
  std::vector<TokenFile> tokens_;
  std::vector<std::int64_t> first_samples_;  ///< Of each file, and the number of all.
  std::int64_t context_;
};

}  // namespace greentrain
