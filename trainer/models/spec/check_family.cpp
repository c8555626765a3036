#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/models/spec/families.h"

namespace greentrain {
namespace {

std::string shape_text(const SpecData& data) {
  return fmt::format("[{}]", fmt::join(data.sample_shape, ", "));
}

void check_numbers(const ModelOptions& options, const SpecData& data) {
  if (!data.is_text) return;
  throw UsageError(
      fmt::format("model.type is {}, which reads samples of numbers, but {} is text; set "
                  "model.type: gpt",
                  enum_name(options.type), data.name));
}

void check_image(const ModelOptions& options, const SpecData& data) {
  if (!data.is_text && data.sample_shape.size() == 3) return;
  throw UsageError(
      fmt::format("model.type is {}, which reads samples of shape [channels, height, width], but "
                  "those of {} have shape {}; set data.shape, such as [1, 8, 8], or another "
                  "model.type",
                  enum_name(options.type), data.name, shape_text(data)));
}

void check_stages(const ModelOptions& options, const SpecData& data) {
  const auto& shape = data.sample_shape;
  const auto most = std::bit_width(static_cast<std::uint64_t>(std::min(shape[1], shape[2]))) - 1;
  if (options.channels.size() <= static_cast<std::size_t>(most)) return;
  throw UsageError(fmt::format(
      "model.channels is [{}]: {} stages, which each halve the image, but the samples of {} have "
      "shape {}, enough for {}; set at most {} channels",
      fmt::join(options.channels, ", "), options.channels.size(), data.name, shape_text(data), most,
      most));
}

void check_depth(const ModelOptions& options) {
  if (is_resnet_depth(options.depth)) return;
  throw UsageError(fmt::format(
      "model.depth is {}, expected 18, 34 or 50 for large images, or 6 n + 2 layers, such as 8, "
      "14, 20, 32, 44, 56 or 110",
      options.depth));
}

void check_heads(const ModelOptions& options) {
  if (options.width % options.heads == 0) return;
  throw UsageError(fmt::format("model.width is {}, expected a multiple of model.heads, {}",
                               options.width, options.heads));
}

void check_patches(const ModelOptions& options, const SpecData& data) {
  const auto& shape = data.sample_shape;
  if (shape[1] % options.patch == 0 && shape[2] % options.patch == 0) return;
  throw UsageError(
      fmt::format("model.patch is {}, but the samples of {} have shape {}: expected a size that "
                  "divides height and width",
                  options.patch, data.name, shape_text(data)));
}

void check_gpt(const ModelOptions& options, const SpecData& data) {
  if (!data.is_text || data.sample_shape.size() != 1) {
    throw UsageError(fmt::format(
        "model.type is gpt, which reads text, but the samples of {} are numbers of shape {}; set "
        "data.format: text, or another model.type",
        data.name, shape_text(data)));
  }
  check_heads(options);
  if (options.vocabulary != 0 && options.vocabulary < data.classes) {
    throw UsageError(
        fmt::format("model.vocabulary is {}, but {} has {} tokens; set it to 0 or to {} or more",
                    options.vocabulary, data.name, data.classes, data.classes));
  }
}

}  // namespace

void check_family(const ModelOptions& options, const SpecData& data) {
  switch (options.type) {
    case ModelType::Linear:
    case ModelType::Mlp:
      return check_numbers(options, data);
    case ModelType::Cnn:
      check_image(options, data);
      return check_stages(options, data);
    case ModelType::Resnet:
      check_image(options, data);
      return check_depth(options);
    case ModelType::Vit:
      check_image(options, data);
      check_heads(options);
      return check_patches(options, data);
    case ModelType::Gpt:
      return check_gpt(options, data);
    case ModelType::Spec:
      return;
  }
}

}  // namespace greentrain
