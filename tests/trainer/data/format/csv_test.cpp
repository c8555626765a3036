#include "trainer/data/format/csv.h"

#include <optional>

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

FloatRows parse(std::string_view text) {
  FloatRows rows;
  append_csv({"a.csv", text}, rows);
  return rows;
}

void expect_error(std::string_view text, const std::string& message) {
  EXPECT_THAT([&] { parse(text); }, ThrowsMessage<UsageError>(HasSubstr(message))) << text;
}

TEST(Csv, the_last_column_is_the_label) {
  const FloatRows rows = parse("1,2.5,0\n-3,4e-1,1\n");
  EXPECT_THAT(rows.shape, ElementsAre(2));
  EXPECT_THAT(rows.values, ElementsAre(1.0F, 2.5F, -3.0F, 0.4F));
  EXPECT_THAT(rows.labels, ElementsAre(0, 1));
}

TEST(Csv, reads_what_spreadsheets_numpy_and_pandas_write) {
  for (const std::string_view text : {
           "\xef\xbb\xbf"
           "1,0\r\n2,1\r\n",                  // Byte-order mark, CRLF.
           "\n1,0\n\n2,1",                    // Blank lines, no newline at the end.
           " 1 , 0\n\t2,\t1 \n",              // Blanks.
           "+1.00e+00,0.0\n2.0000e+00,1.0\n"  // Signs and exponents.
       }) {
    const FloatRows rows = parse(text);
    EXPECT_THAT(rows.values, ElementsAre(1.0F, 2.0F)) << text;
    EXPECT_THAT(rows.labels, ElementsAre(0, 1)) << text;
  }
}

TEST(Csv, a_header_is_recognised_by_names_or_column_numbers) {
  for (const std::string_view header : {"pixel,label", "\"a b\",\"y\"", "0,target", ",label"}) {
    EXPECT_THAT(parse(std::string(header) + "\n7,1\n").values, ElementsAre(7.0F)) << header;
  }
}

TEST(Csv, a_first_row_with_a_bad_label_is_an_error_not_a_header) {
  expect_error("5,x\n1,0\n", "a.csv:1: the label in the last column is 'x', expected an integer");
  expect_error("5,\n1,0\n", "a.csv:1: the label in the last column is ''");
}

FloatRows parse_targets(std::string_view text, std::int64_t targets,
                        std::optional<std::int64_t> features = std::nullopt) {
  FloatRows rows;
  append_csv({"a.csv", text}, rows, features, targets);
  return rows;
}

TEST(Csv, the_last_columns_are_numbers_to_predict_when_told_so) {
  const FloatRows one = parse_targets("x,y\n1,-2.5\n3,4e1\n", 1);
  EXPECT_THAT(one.shape, ElementsAre(1));
  EXPECT_THAT(one.values, ElementsAre(1.0F, 3.0F));
  EXPECT_THAT(one.targets, ElementsAre(-2.5F, 40.0F));
  EXPECT_TRUE(one.labels.empty());
  const FloatRows two = parse_targets("1,2,3\n", 2);
  EXPECT_THAT(two.values, ElementsAre(1.0F));
  EXPECT_THAT(two.targets, ElementsAre(2.0F, 3.0F));
  const FloatRows without = parse_targets("1,2,3\n", 2, 3);
  EXPECT_THAT(without.values, ElementsAre(1.0F, 2.0F, 3.0F));
  EXPECT_TRUE(without.targets.empty());
}

TEST(Csv, a_row_of_targets_alone_or_with_a_bad_one_is_an_error) {
  EXPECT_THAT([] { parse_targets("1,2\n", 2); },
              ThrowsMessage<UsageError>(
                  HasSubstr("a.csv:1: 2 columns, expected more than data.targets, which is 2")));
  EXPECT_THAT([] { parse_targets("1,2\n3,nan\n", 1); },
              ThrowsMessage<UsageError>(HasSubstr("a.csv:2: column 2 is 'nan'")));
  EXPECT_THAT([] { parse_targets("1,2\n", 2, 5); },
              ThrowsMessage<UsageError>(
                  HasSubstr("expected 5 numbers as in training, or 7 with the targets")));
}

TEST(Csv, with_the_features_known_the_label_may_be_missing) {
  const auto parse_known = [](std::string_view text, std::int64_t features) {
    FloatRows rows;
    append_csv({"a.csv", text}, rows, features);
    return rows;
  };
  for (const std::string_view text : {"1,2\n3,4\n", "x,y\n1,2\n3,4\n"}) {
    const FloatRows rows = parse_known(text, 2);
    EXPECT_THAT(rows.shape, ElementsAre(2));
    EXPECT_THAT(rows.values, ElementsAre(1.0F, 2.0F, 3.0F, 4.0F));
    EXPECT_TRUE(rows.labels.empty());
  }
  EXPECT_THAT(parse_known("5\n6\n", 1).values, ElementsAre(5.0F, 6.0F));
  EXPECT_THAT(parse_known("1,2,0\n", 2).labels, ElementsAre(0));
  EXPECT_THAT([&] { parse_known("1,2,3,0\n", 2); },
              ThrowsMessage<UsageError>(HasSubstr(
                  "a.csv:1: 4 columns, expected 2 numbers as in training, or 3 with the label")));
  EXPECT_THAT(
      [&] { parse_known("1,2\n3,4,0\n", 2); },
      ThrowsMessage<UsageError>(HasSubstr("a.csv:2: 3 columns, expected 2 as in the rows")));
}

TEST(Csv, files_are_appended_to_each_other) {
  FloatRows rows = parse("1,0\n");
  append_csv({"b.csv", std::string_view("x,y\n2,1\n")}, rows);
  EXPECT_THAT(rows.values, ElementsAre(1.0F, 2.0F));
  EXPECT_THAT(rows.labels, ElementsAre(0, 1));
  EXPECT_THAT(
      [&] {
        append_csv({"c.csv", std::string_view("1,2,3\n")}, rows);
      },
      ThrowsMessage<UsageError>(HasSubstr("c.csv:1: 3 columns, expected 2")));
}

TEST(Csv, a_ragged_row_is_an_error_with_its_line) {
  expect_error("1,2,0\n3,4\n",
               "a.csv:2: 2 columns, expected 3 as in the rows before; complete or remove the line");
  expect_error("a,b,label\n\n1,2,3,0\n", "a.csv:3: 4 columns, expected 3");
}

TEST(Csv, a_field_that_is_no_number_is_an_error_with_its_column) {
  for (const std::string_view field : {"abc", "", "1.2.3", "0x10", "+-1", "++1", "1 2", "\"1\""}) {
    expect_error("1,2,0\n3," + std::string(field) + ",1\n",
                 "a.csv:2: column 2 is '" + std::string(field) + "', expected a number");
  }
}

TEST(Csv, a_value_that_is_not_finite_is_an_error) {
  for (const std::string_view field : {"nan", "NaN", "inf", "-inf", "1e39", "1e999", "-1e99"}) {
    expect_error("3," + std::string(field) + ",1\n",
                 "a.csv:1: column 2 is '" + std::string(field) +
                     "', expected a finite float32 number; correct or remove the line");
  }
}

TEST(Csv, a_label_must_be_an_integer_in_range) {
  for (const std::string_view label : {"1.5", "-1", "nan", "inf", "65536", "1e300", "cat"}) {
    expect_error("0,0\n3," + std::string(label) + "\n",
                 "a.csv:2: the label in the last column is '" + std::string(label) +
                     "', expected an integer from 0 to 65535; number the classes from 0");
  }
  EXPECT_THAT(parse("3,65535\n").labels, ElementsAre(65535));
}

TEST(Csv, a_file_without_samples_is_an_error) {
  expect_error("", "a.csv: no sample, only an empty file");
  expect_error("pixel,label\n", "a.csv: no sample, only a header or blank lines");
  expect_error("\n\n", "a.csv: no sample, only a header or blank lines");
}

TEST(Csv, other_separators_are_named) {
  expect_error("1;2;0\n", "a.csv:1: '1;2;0' has no comma, expected numbers separated by commas");
  expect_error("7\n", "a.csv:1: '7' has no comma");
}

TEST(Csv, what_is_shown_of_a_field_is_short_and_printable) {
  expect_error("1,\x1b[31m\xff,0\n", "column 2 is '?[31m?'");
  expect_error("1," + std::string(1000, 'y') + ",0\n",
               "column 2 is '" + std::string(40, 'y') + "...'");
}

}  // namespace
}  // namespace greentrain
