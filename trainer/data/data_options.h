#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

enum class DataFormat { Csv, Idx, Cifar10, Text };
template <>
inline constexpr auto enum_names<DataFormat> =
    std::array<std::string_view, 4>{"csv", "idx", "cifar10", "text"};

/// Section `data`.
struct DataOptions {
  DataFormat format{DataFormat::Csv};
  std::vector<std::string> path;
  std::vector<std::string> labels;
  std::vector<std::int64_t> shape;
  std::int64_t targets{0};
  std::int64_t context{128};
  Fraction validation{0.15};
  Fraction test{0.15};
  bool standardize{true};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("format", format, "How the files are laid out.");
    visit("path", path,
          "Files to read, or globs such as dir/*.txt; relative to the working directory.");
    visit("labels", labels, "IDX label files, one per image file.");
    visit("shape", shape,
          "Shape of one CSV sample, such as [1, 8, 8] (channels, height, width); empty: flat.");
    visit("targets", targets,
          "CSV: how many of the last columns are numbers to predict; 0: the last one is a class.", 0,
          65535);
    visit("context", context, "Text: bytes per sample.", 1, 65536);
    visit("validation", validation, "Share of the samples held out for early stopping.",
          Fraction{0.0}, Fraction{0.9});
    visit("test", test, "Share of the samples read once, at the end.", Fraction{0.0},
          Fraction{0.9});
    visit("standardize", standardize,
          "Shift and scale inputs to mean 0 and deviation 1, fitted on the training part.");
  }
};

}  // namespace greentrain
