#include "core/crc32c.h"

#include <algorithm>
#include <isa-l/crc.h>

namespace greentrain {
namespace {

constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // The library counts in int.

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t sum = ~std::uint32_t{0};
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kMostAtOnce);
    // Reads only, though it does not say so.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
    sum = ::crc32_iscsi(data, static_cast<int>(size), sum);
    bytes = bytes.subspan(size);
  }
  return ~sum;
}

std::uint32_t crc32c(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

}  // namespace greentrain
