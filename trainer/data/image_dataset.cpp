#include "trainer/data/image_dataset.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/log.h"
#include "trainer/data/format/image.h"

namespace greentrain {
namespace {

constexpr float kWhite = 255;

std::optional<std::string> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

ImageDataset::ImageDataset(DatasetInfo info, ImageFolder images, std::vector<std::int64_t> shape,
                           BadImages policy)
    : info_(std::move(info)), images_(std::move(images)), policy_(policy) {
  info_.sample_shape = std::move(shape);
  info_.classes = std::ssize(images_.classes);
  info_.decoded = true;
}

void ImageDataset::read(std::span<const std::int64_t> indices, Batch& into) const {
  const auto& shape = info_.sample_shape;
  const auto numbers = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
  into.samples = std::ssize(indices);
  auto* input = reuse(into.inputs, {into.samples, shape[0], shape[1], shape[2]}, at::kFloat)
                    .mutable_data_ptr<float>();
  auto* label = reuse(into.targets, {into.samples}, at::kLong).mutable_data_ptr<std::int64_t>();
  const bool may_skip = policy_ == BadImages::Skip;
  if (may_skip) reuse(into.weights, {into.samples}, at::kFloat);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const bool good = read_one(indices[i], {input + i * numbers, numbers});
    label[i] = images_.labels[static_cast<std::size_t>(indices[i])];
    if (may_skip) into.weights.mutable_data_ptr<float>()[i] = good ? 1.0f : 0.0f;
  }
}

bool ImageDataset::read_one(std::int64_t index, std::span<float> out) const {
  const std::string& path = images_.paths[static_cast<std::size_t>(index)];
  const auto& shape = info_.sample_shape;
  const auto bytes = bytes_of(path);
  const DecodedImage image = bytes ? decode_image({path, *bytes}, shape[0], shape[2], shape[1])
                                   : DecodedImage{{}, "it cannot be opened"};
  if (!image.pixels) {
    note_problem(index, image.problem);
    std::ranges::fill(out, 0.0f);
    return false;
  }
  std::vector<std::uint8_t> pixels(out.size());
  fit_image(*image.pixels, shape[1], shape[2], pixels);
  std::ranges::transform(pixels, out.begin(),
                         [](std::uint8_t value) { return static_cast<float>(value) / kWhite; });
  return true;
}

void ImageDataset::note_problem(std::int64_t index, const std::string& problem) const {
  const std::string& path = images_.paths[static_cast<std::size_t>(index)];
  if (policy_ == BadImages::Fatal) {
    throw UsageError(fmt::format(
        "{}: {}, expected a JPEG or PNG image; mend or remove the file, or set data.bad_images: "
        "skip",
        path, problem));
  }
  const std::lock_guard lock(mutex_);
  if (!unreadable_.insert(index).second) return;
  log_warning(fmt::format("{}: {}; the image is left out", path, problem));
}

std::vector<std::string> ImageDataset::unreadable() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const std::int64_t index : unreadable_) {
    names.push_back(images_.paths[static_cast<std::size_t>(index)]);
  }
  return names;
}

}  // namespace greentrain
