#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"
#include "trainer/data/augment_options.h"
#include "trainer/data/format/token_file.h"
#include "trainer/data/pruning_options.h"

namespace greentrain {

enum class DataFormat { Csv, Idx, Cifar10, Text, Tokens, Images };
template <>
inline constexpr auto enum_names<DataFormat> =
    std::array<std::string_view, 6>{"csv", "idx", "cifar10", "text", "tokens", "images"};
/// Whether samples are tokens whose targets are the next ones.
constexpr bool is_text(DataFormat format) {
  return format == DataFormat::Text || format == DataFormat::Tokens;
}

enum class BadImages { Fatal, Skip };
template <>
inline constexpr auto enum_names<BadImages> = std::array<std::string_view, 2>{"fatal", "skip"};

/// Section `data`.
struct DataOptions {
  DataFormat format{DataFormat::Csv};
  std::vector<std::string> path;
  std::vector<std::string> labels;
  std::vector<std::int64_t> shape;
  std::int64_t targets{0};
  std::int64_t context{128};
  TokenWidth token_width{TokenWidth::Auto};
  std::int64_t vocabulary{0};
  BadImages bad_images{BadImages::Fatal};
  Fraction validation{0.15};
  Fraction test{0.15};
  Fraction fraction{1.0};
  bool standardize{true};
  AugmentOptions augment;
  PruningOptions pruning;
  std::optional<std::int64_t> threads;
  std::int64_t read_ahead{8};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("format", format, "How the files are laid out.");
    visit("path", path,
          "Files to read, or globs such as dir/*.txt; relative to the working directory. Images: a "
          "folder with a sub-folder for each class.");
    visit("labels", labels, "IDX label files, one per image file.");
    visit("shape", shape,
          "Shape of one CSV sample, such as [1, 8, 8] (channels, height, width); empty: flat. Of "
          "images: what they are scaled and cut to.");
    visit("targets", targets,
          "CSV: how many of the last columns are numbers to predict; 0: the last one is a class.",
          0, 65535);
    visit("context", context, "Text: bytes per sample; tokens: tokens per sample.", 1, 65536);
    visit("token_width", token_width, "Width of tokens; auto: what the file's header says.");
    visit("vocabulary", vocabulary,
          "Tokens: ids are below it; 0: the largest id in the files, plus one.", 0, 1LL << 31);
    visit("bad_images", bad_images,
          "What an image that does not decode does: stop the run, or be left out and counted.");
    visit("validation", validation, "Share of the samples held out for early stopping.",
          Fraction{0.0}, Fraction{0.9});
    visit("test", test, "Share of the samples read once, at the end.", Fraction{0.0},
          Fraction{0.9});
    visit("fraction", fraction, "Share of the training part that is used, of every class.",
          Fraction{0.001}, Fraction{1.0});
    visit("standardize", standardize,
          "Shift and scale inputs to mean 0 and deviation 1, fitted on the training part.");
    visit("augment", augment, "How training samples are changed at random.");
    visit("pruning", pruning, "Which training samples an epoch leaves out.");
    visit("threads", threads,
          "Threads of each rank that read and change samples ahead of their use; 0: none. By "
          "default 1 for images and augmentation, else 0.",
          0, 256);
    visit("read_ahead", read_ahead, "Batches that those threads are ahead at most.", 2, 1024);
  }
};

}  // namespace greentrain
