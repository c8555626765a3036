#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace greentrain {

/// CRC-32C (Castagnoli), as iSCSI has it (RFC 3720, B.4); with the CPU's instruction for it.
std::uint32_t crc32c(std::span<const std::byte> bytes);
std::uint32_t crc32c(std::string_view text);

}  // namespace greentrain
