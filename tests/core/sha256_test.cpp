#include "core/sha256.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

// FIPS 180-4 example values, published by NIST with the standard.
constexpr auto kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr auto kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kMillionTimesA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, gives_the_published_sums) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kMillionTimesA);
}

TEST(Sha256, does_not_depend_on_how_the_bytes_are_cut) {
  Sha256 sum;
  sum.update("a");
  sum.update("");
  sum.update(std::as_bytes(std::span(std::string_view("bc"))));
  EXPECT_EQ(sum.hex(), kAbc);
}

}  // namespace
}  // namespace greentrain
