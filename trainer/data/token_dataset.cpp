#include "trainer/data/token_dataset.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {

TokenDataset::TokenDataset(DatasetInfo info, std::vector<MappedFile> files, TokenWidth width,
                           std::int64_t context, std::int64_t vocabulary)
    : info_(std::move(info)), files_(std::move(files)), first_samples_{0}, context_(context) {
  std::int64_t largest = 0;
  for (const MappedFile& file : files_) {
    const TokenFile& tokens = tokens_.emplace_back(RawFile{file.path(), file.bytes()}, width);
    if (tokens.size() <= context) {
      throw UsageError(
          fmt::format("{}: {} tokens, expected {} or more for one sample (data.context + 1); give "
                      "more or lower "
                      "data.context",
                      file.path(), tokens.size(), context + 1));
    }
    if (vocabulary > 0)
      tokens.check_vocabulary(vocabulary);
    else
      largest = std::max(largest, tokens.largest());
    first_samples_.push_back(first_samples_.back() + (tokens.size() - 1) / context);
  }
  info_.sample_shape = {context};
  info_.classes = vocabulary > 0 ? vocabulary : largest + 1;
  info_.text = true;
}

void TokenDataset::read(std::span<const std::int64_t> indices, Batch& into) const {
  for (const MappedFile& file : files_) file.check_size();
  into.samples = std::ssize(indices);
  const auto length = static_cast<std::size_t>(context_);
  auto* input =
      reuse(into.inputs, {into.samples, context_}, at::kLong).mutable_data_ptr<std::int64_t>();
  auto* target =
      reuse(into.targets, {into.samples, context_}, at::kLong).mutable_data_ptr<std::int64_t>();
  for (const std::int64_t index : indices) {
    const auto next = std::ranges::upper_bound(first_samples_, index);
    const auto file = static_cast<std::size_t>(next - first_samples_.begin() - 1);
    const std::int64_t first = (index - first_samples_[file]) * context_;
    tokens_[file].copy(first, {input, length});
    tokens_[file].copy(first + 1, {target, length});
    input += length;
    target += length;
  }
}

}  // namespace greentrain
