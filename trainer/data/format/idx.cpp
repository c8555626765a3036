#include "trainer/data/format/idx.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kSizeBytes = 4;
constexpr std::uint32_t kUnsignedBytes = 0x08;  ///< Third byte of the magic: type of the values.
constexpr std::size_t kMaxDimensions = 4;

struct IdxArray {
  std::vector<std::int64_t> sizes;
  std::span<const char> values;
};

std::uint32_t big_endian(std::span<const char> bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.first(4)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// Number of dimensions, from the magic: two zero bytes, the type, the number of dimensions.
std::size_t read_magic(const RawFile& file) {
  if (file.bytes.size() < kMagicBytes) {
    throw UsageError(
        fmt::format("{}: {} bytes, expected an IDX header of 8 or more; the file is "
                    "truncated: get it again",
                    file.name, file.bytes.size()));
  }
  const std::uint32_t magic = big_endian(file.bytes);
  const std::size_t dimensions = magic & 0xff;
  if (magic >> 8 != kUnsignedBytes || dimensions < 1 || dimensions > kMaxDimensions) {
    throw UsageError(
        fmt::format("{}: byte 0: the magic is 0x{:08x}, expected 0x00000801 (labels) "
                    "to 0x00000804 of an IDX file of bytes; see data.format for "
                    "other formats",
                    file.name, magic));
  }
  return dimensions;
}

/// Throws when the values are not as many as the header says; compares without multiplying, since
/// the sizes may be anything.
void check_sizes(const RawFile& file, const IdxArray& array) {
  std::uint64_t left = array.values.size();
  bool fits = true;
  for (const std::int64_t size : array.sizes) {
    if (size == 0) {
      throw UsageError(fmt::format("{}: the header says {}, expected one sample or more", file.name,
                                   fmt::join(array.sizes, " x ")));
    }
    fits = fits && left % static_cast<std::uint64_t>(size) == 0;
    left /= static_cast<std::uint64_t>(size);
  }
  if (fits && left == 1) return;
  throw UsageError(
      fmt::format("{}: the header says {} bytes, but {} follow from byte {} on; the "
                  "file is truncated or damaged: get it again",
                  file.name, fmt::join(array.sizes, " x "), array.values.size(),
                  file.bytes.size() - array.values.size()));
}

IdxArray parse(const RawFile& file) {
  const std::size_t dimensions = read_magic(file);
  const std::size_t header = kMagicBytes + dimensions * kSizeBytes;
  if (file.bytes.size() < header) {
    throw UsageError(
        fmt::format("{}: {} bytes, expected a header of {} for {} dimensions; the "
                    "file is truncated: get it again",
                    file.name, file.bytes.size(), header, dimensions));
  }
  IdxArray array{{}, file.bytes.subspan(header)};
  for (std::size_t at = kMagicBytes; at < header; at += kSizeBytes) {
    array.sizes.push_back(big_endian(file.bytes.subspan(at)));
  }
  check_sizes(file, array);
  return array;
}

std::vector<std::int64_t> sample_shape(const RawFile& file, const IdxArray& images) {
  if (images.sizes.size() == 1) {
    throw UsageError(
        fmt::format("{}: a list of {} bytes, expected images; data.path names the "
                    "images and data.labels the labels",
                    file.name, images.sizes[0]));
  }
  std::vector<std::int64_t> shape(images.sizes.begin() + 1, images.sizes.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

void check_labels(const RawFile& file, const IdxArray& labels, const RawFile& images_file,
                  const IdxArray& images) {
  if (labels.sizes.size() != 1) {
    throw UsageError(
        fmt::format("{}: an array of {} bytes, expected a list of labels; data.path "
                    "names the images and data.labels the labels",
                    file.name, fmt::join(labels.sizes, " x ")));
  }
  if (labels.sizes[0] != images.sizes[0]) {
    throw UsageError(fmt::format("{}: {} labels, expected {}: one for each image of {}", file.name,
                                 labels.sizes[0], images.sizes[0], images_file.name));
  }
}

}  // namespace

void append_idx(const RawFile& images_file, const RawFile& labels_file, ByteRows& rows) {
  const IdxArray images = parse(images_file);
  const IdxArray labels = parse(labels_file);
  auto shape = sample_shape(images_file, images);
  check_labels(labels_file, labels, images_file, images);
  if (!rows.shape.empty() && rows.shape != shape) {
    throw UsageError(fmt::format("{}: samples of shape [{}], expected [{}] as in the files before",
                                 images_file.name, fmt::join(shape, ", "),
                                 fmt::join(rows.shape, ", ")));
  }
  rows.shape = std::move(shape);
  const auto to_byte = [](char byte) { return static_cast<std::uint8_t>(byte); };
  std::ranges::transform(images.values, std::back_inserter(rows.values), to_byte);
  std::ranges::transform(labels.values, std::back_inserter(rows.labels), to_byte);
}

}  // namespace greentrain
