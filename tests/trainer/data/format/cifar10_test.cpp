#include "trainer/data/format/cifar10.h"

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/data/format/sample_files.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ByteRows parse(const std::string& bytes) {
  ByteRows rows;
  append_cifar10({"batch.bin", bytes}, rows);
  return rows;
}

TEST(Cifar10, rows_are_a_label_and_three_planes) {
  const ByteRows rows = parse(cifar10_row(3, '\x01') + cifar10_row(9, '\xff'));
  EXPECT_THAT(rows.shape, ElementsAre(3, 32, 32));
  EXPECT_THAT(rows.labels, ElementsAre(3, 9));
  ASSERT_EQ(rows.values.size(), 2u * 3072);
  EXPECT_EQ(rows.values[3071], 1);
  EXPECT_EQ(rows.values[3072], 255);
}

TEST(Cifar10, files_are_appended_to_each_other) {
  ByteRows rows = parse(cifar10_row(3, 'a'));
  append_cifar10({"b.bin", cifar10_row(4, 'b')}, rows);
  EXPECT_THAT(rows.labels, ElementsAre(3, 4));
  EXPECT_EQ(rows.values.back(), 'b');
}

TEST(Cifar10, a_file_that_is_not_whole_rows_is_an_error) {
  const std::string two = cifar10_row(1, 'a') + cifar10_row(2, 'b');
  EXPECT_THAT([&] { parse(two.substr(0, 3080)); },
              ThrowsMessage<UsageError>(HasSubstr(
                  "batch.bin: 3080 bytes, expected rows of 3073 (a label and 3 x 32 x 32 pixels), "
                  "but 7 are left over after 1 rows; the file is truncated or not CIFAR-10's")));
  EXPECT_THAT([] { parse(""); }, ThrowsMessage<UsageError>(HasSubstr("batch.bin: 0 bytes")));
}

TEST(Cifar10, a_label_out_of_range_is_an_error_with_its_byte) {
  EXPECT_THAT([] { parse(cifar10_row(1, 'a') + cifar10_row(10, 'b')); },
              ThrowsMessage<UsageError>(
                  HasSubstr("batch.bin: byte 3073: the label is 10, expected 0 to 9")));
}

}  // namespace
}  // namespace greentrain
