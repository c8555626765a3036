#include "trainer/run/logs/record_framing.h"

#include <gtest/gtest.h>

namespace greentrain {
namespace {

using namespace std::string_literals;

// What RecordWriter of TensorBoard 2.21 (tensorboard/summary/writer/record_writer.py) writes.
TEST(FramedRecord, is_what_tensorboard_writes) {
  const std::string after_size(7, '\0');
  EXPECT_EQ(framed_record(""), "\x00"s + after_size + "\x29\x03\x98\x07" + "\xd8\xea\x82\xa2");
  EXPECT_EQ(framed_record("a"),
            "\x01" + after_size + "\x01\x75\xde\x41" + "a" + "\x78\x6e\xe4\x28");
  EXPECT_EQ(framed_record("hello, record"),
            "\x0d" + after_size + "\x3c\x37\xb8\x34" + "hello, record" + "\xd9\x9f\xc6\x2e");
}

}  // namespace
}  // namespace greentrain
