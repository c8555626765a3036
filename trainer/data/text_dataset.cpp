#include "trainer/data/text_dataset.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::int64_t kByteValues = 256;

void copy_tokens(std::string_view text, std::int64_t* out) {
  std::ranges::transform(text, out, [](char byte) { return static_cast<unsigned char>(byte); });
}

}  // namespace

TextDataset::TextDataset(DatasetInfo info, std::string text, std::int64_t context)
    : info_(std::move(info)), text_(std::move(text)), context_(context) {
  if (std::ssize(text_) <= context) {
    throw UsageError(fmt::format(
        "{}: {} bytes of text, expected {} or more for one sample (data.context + 1); give more "
        "text or lower data.context",
        info_.name, text_.size(), context + 1));
  }
  info_.sample_shape = {context};
  info_.classes = kByteValues;
  info_.text = true;
}

std::int64_t TextDataset::size() const { return (std::ssize(text_) - 1) / context_; }

void TextDataset::read(std::span<const std::int64_t> indices, Batch& into) const {
  into.samples = std::ssize(indices);
  const std::array<std::int64_t, 2> shape{into.samples, context_};
  auto* input = reuse(into.inputs, shape, at::kLong).mutable_data_ptr<std::int64_t>();
  auto* target = reuse(into.targets, shape, at::kLong).mutable_data_ptr<std::int64_t>();
  const auto length = static_cast<std::size_t>(context_);
  for (const std::int64_t index : indices) {
    const auto sample =
        std::string_view(text_).substr(static_cast<std::size_t>(index) * length, length + 1);
    copy_tokens(sample.substr(0, length), input);
    copy_tokens(sample.substr(1), target);
    input += length;
    target += length;
  }
}

}  // namespace greentrain
