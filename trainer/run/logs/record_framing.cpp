#include "trainer/run/logs/record_framing.h"

#include <bit>
#include <cstdint>

#include "core/crc32c.h"

namespace greentrain {
namespace {

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

template <class Number>
void append(std::string& to, Number number) {
  for (std::size_t byte = 0; byte < sizeof number; ++byte) {
    to += static_cast<char>(number >> (8 * byte) & 0xff);
  }
}

}  // namespace

std::string framed_record(std::string_view payload) {
  std::string record;
  append(record, std::uint64_t{payload.size()});
  append(record, masked_crc32c(record));
  record += payload;
  append(record, masked_crc32c(payload));
  return record;
}

}  // namespace greentrain
