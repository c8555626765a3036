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
#include "trainer/data/format/image_folder.h"
#include "trainer/data/format/mapped_file.h"
#include "trainer/data/image_dataset.h"
#include "trainer/data/numeric_dataset.h"
#include "trainer/data/text_dataset.h"
#include "trainer/data/token_dataset.h"

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

  /// The file's bytes where they lie; all are gone through for the sum.
  MappedFile map(const std::string& path) {
    MappedFile file(path);
    if (is_gzip(file.bytes())) {
      throw UsageError(path + ": packed by gzip, expected plain tokens; unpack it");
    }
    if (file.bytes().empty()) throw UsageError(path + ": the file is empty, expected tokens in it");
    sum_.update(std::string_view(file.bytes().data(), file.bytes().size()));
    return file;
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

std::unique_ptr<Dataset> read_tokens(const DataOptions& options) {
  const auto paths = find_files("data.path", options.path);
  FileReader reader;
  std::vector<MappedFile> files;
  for (const std::string& path : paths) files.push_back(reader.map(path));
  return std::make_unique<TokenDataset>(reader.info(paths), std::move(files), options.token_width,
                                        options.context, options.vocabulary);
}

/// To read all images only to sum up their bytes would take as long as an epoch: the sum is over
/// their list instead.
std::unique_ptr<Dataset> read_images(const DataOptions& options) {
  if (options.path.size() != 1) {
    throw UsageError(
        fmt::format("data.path names {} folders, expected one, with a sub-folder for each class",
                    options.path.size()));
  }
  ImageFolder images = find_images(options.path.front());
  DatasetInfo info;
  info.name = std::filesystem::path(options.path.front() + "/").parent_path().filename().string();
  info.sha256 = images.list_sha256();
  return std::make_unique<ImageDataset>(std::move(info), std::move(images), options.shape,
                                        options.bad_images);
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
  const bool has_shape = options.format == DataFormat::Csv || options.format == DataFormat::Images;
  if (!options.shape.empty() && !has_shape) {
    throw UsageError(
        fmt::format("data.shape is for data.format csv and images, but the format is {}, whose "
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
    case DataFormat::Tokens:
      return read_tokens(options);
    case DataFormat::Images:
      return read_images(options);
  }
  throw Error("data.format has no reader");
}

std::unique_ptr<Dataset> read_samples(const DataOptions& options, std::int64_t features) {
  if (options.format != DataFormat::Csv) return read_dataset(options);
  check_options(options);
  return read_csv(options, features);
}

}  // namespace greentrain
