#include "core/crc32c.h"

#include <string>

#include <gtest/gtest.h>

namespace greentrain {
namespace {

TEST(Crc32c, is_that_of_the_standards) {
  // RFC 3720, B.4, and the check value of the catalogue of parametrised CRC algorithms.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, tells_a_flipped_bit_anywhere) {
  std::string bytes(1021, 'x');
  const std::uint32_t sum = crc32c(bytes);
  for (std::size_t at = 0; at < bytes.size(); at += 17) {
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    EXPECT_NE(crc32c(bytes), sum) << at;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
  }
}

}  // namespace
}  // namespace greentrain
