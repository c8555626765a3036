#include "trainer/data/read_dataset.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "trainer/data/format/cifar10.h"
#include "trainer/data/format/csv.h"
#include "trainer/data/format/find_files.h"
#include "trainer/data/format/gzip.h"
#include "trainer/data/format/idx.h"
#include "trainer/data/numeric_dataset.h"
#include "trainer/data/text_dataset.h"

namespace greentrain {
namespace {

/// Reads one file after another and sums up their bytes.
class FileReader {
 public:
  std::string read(const std::string& path) {
    std::string bytes = read_file(path);
    sum_.update(bytes);
    if (is_gzip(bytes)) bytes = gunzip(path, bytes);
    if (bytes.empty()) throw UsageError(path + ": the file is empty, expected data in it");
    return bytes;
  }

  /// What is known of the data; called once, after the last file.
  DatasetInfo info(const std::vector<std::string>& paths) {
    DatasetInfo info;
    info.name = std::filesystem::path(paths.front()).filename().string();
    if (paths.size() > 1) info.name += fmt::format(" and {} more", paths.size() - 1);
    info.sha256 = sum_.hex();
    return info;
  }

 private:
  Sha256 sum_;
};

template <class Value>
std::unique_ptr<Dataset> make_dataset(DatasetInfo info, LabelledRows<Value> rows) {
  info.sample_shape = std::move(rows.shape);
  if (!rows.labels.empty()) info.classes = std::max(info.classes, count_classes(rows.labels));
  return std::make_unique<NumericDataset>(std::move(info), std::move(rows.values),
                                          std::move(rows.labels), std::move(rows.targets));
}

std::unique_ptr<Dataset> read_csv(const DataOptions& options,
                                  std::optional<std::int64_t> features = std::nullopt) {
  const auto paths = find_files("data.path", options.path);
  FileReader reader;
  FloatRows rows;
  for (const std::string& path : paths) {
    append_csv({path, reader.read(path)}, rows, features, options.targets);
  }
  rows.shape = checked_shape(options.shape, rows.shape.at(0));
  DatasetInfo info = reader.info(paths);
  info.targets = options.targets;
  info.classes = options.targets;
  return make_dataset(std::move(info), std::move(rows));
}

std::unique_ptr<Dataset> read_idx(const DataOptions& options) {
  const auto paths = find_files("data.path", options.path);
  const auto labels = find_files("data.labels", options.labels);
  if (labels.size() != paths.size()) {
    throw UsageError(
        fmt::format("data.labels names {} files and data.path {}, expected one label "
                    "file for each image file",
                    labels.size(), paths.size()));
  }
  FileReader reader;
  ByteRows rows;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string images = reader.read(paths[i]);
    append_idx({paths[i], images}, {labels[i], reader.read(labels[i])}, rows);
  }
  return make_dataset(reader.info(paths), std::move(rows));
}

std::unique_ptr<Dataset> read_cifar10(const DataOptions& options) {
  const auto paths = find_files("data.path", options.path);
  FileReader reader;
  ByteRows rows;
  for (const std::string& path : paths) append_cifar10({path, reader.read(path)}, rows);
  DatasetInfo info = reader.info(paths);
  info.classes = kCifar10Classes;
  return make_dataset(std::move(info), std::move(rows));
}

std::unique_ptr<Dataset> read_text(const DataOptions& options) {
  const auto paths = find_files("data.path", options.path);
  FileReader reader;
  std::string text;
  for (const std::string& path : paths) text += reader.read(path);
  return std::make_unique<TextDataset>(reader.info(paths), std::move(text), options.context);
}

/// A setting without effect is a misunderstanding: better said than ignored.
void check_options(const DataOptions& options) {
  const auto format = enum_name(options.format);
  if (!options.labels.empty() && options.format != DataFormat::Idx) {
    throw UsageError(
        fmt::format("data.labels is for data.format idx, but the format is {}: remove "
                    "data.labels or correct the format",
                    format));
  }
  if (options.targets > 0 && options.format != DataFormat::Csv) {
    throw UsageError(
        fmt::format("data.targets is for data.format csv, but the format is {}: remove "
                    "data.targets or correct the format",
                    format));
  }
  if (!options.shape.empty() && options.format != DataFormat::Csv) {
    throw UsageError(
        fmt::format("data.shape is for data.format csv, but the format is {}, whose "
                    "files give the shape: remove data.shape or correct the format",
                    format));
  }
}

}  // namespace

std::unique_ptr<Dataset> read_dataset(const DataOptions& options) {
  check_options(options);
  switch (options.format) {
    case DataFormat::Csv:
      return read_csv(options);
    case DataFormat::Idx:
      return read_idx(options);
    case DataFormat::Cifar10:
      return read_cifar10(options);
    case DataFormat::Text:
      return read_text(options);
  }
  throw Error("data.format has no reader");
}

std::unique_ptr<Dataset> read_samples(const DataOptions& options, std::int64_t features) {
  if (options.format != DataFormat::Csv) return read_dataset(options);
  check_options(options);
  return read_csv(options, features);
}

}  // namespace greentrain
