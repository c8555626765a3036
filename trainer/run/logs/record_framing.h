#pragma once

#include <string>
#include <string_view>

namespace greentrain {

/// One record of a TFRecord file, the frame of TensorBoard's events: the length as 8 bytes, the
/// masked CRC-32C of these, the payload, its masked CRC-32C; little-endian. Masked: rotated right
/// by 15 bits, plus 0xa282ead8 (tensorflow/core/lib/hash/crc32c.h, Mask()).
std::string framed_record(std::string_view payload);

}  // namespace greentrain
