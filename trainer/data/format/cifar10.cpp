#include "trainer/data/format/cifar10.h"

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kPixelBytes = 3 * 32 * 32;
constexpr std::size_t kRowBytes = 1 + kPixelBytes;

void check_size(const RawFile& file) {
  const std::size_t size = file.bytes.size();
  if (size > 0 && size % kRowBytes == 0) return;
  throw UsageError(fmt::format(
      "{}: {} bytes, expected rows of {} (a label and 3 x 32 x 32 pixels), but {} are left over "
      "after {} rows; the file is truncated or not CIFAR-10's binary version",
      file.name, size, kRowBytes, size % kRowBytes, size / kRowBytes));
}

}  // namespace

void append_cifar10(const RawFile& file, ByteRows& rows) {
  check_size(file);
  rows.shape = {3, 32, 32};
  rows.values.reserve(rows.values.size() + file.bytes.size());
  for (std::size_t at = 0; at < file.bytes.size(); at += kRowBytes) {
    const auto label = static_cast<std::uint8_t>(file.bytes[at]);
    if (label >= kCifar10Classes) {
      throw UsageError(
          fmt::format("{}: byte {}: the label is {}, expected 0 to 9; the file is "
                      "damaged or not CIFAR-10's binary version",
                      file.name, at, label));
    }
    rows.labels.push_back(label);
    const auto pixels = file.bytes.subspan(at + 1, kPixelBytes);
    rows.values.insert(rows.values.end(), pixels.begin(), pixels.end());
  }
}

}  // namespace greentrain
