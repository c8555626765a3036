#include <bit>
#include <cmath>
#include <locale>
#include <random>

#include <gtest/gtest.h>

#include "core/config/value_text.h"

namespace greentrain {
namespace {

using std::chrono::milliseconds;

template <class T>
T parsed(std::string_view text) {
  T value{};
  EXPECT_EQ(parse_value(text, value), std::nullopt) << text;
  return value;
}

template <class T>
ValueProblem problem(std::string_view text) {
  T value{};
  return parse_value(text, value).value();
}

/// A finite double with any sign, exponent and mantissa.
double any_double(std::mt19937_64& random) {
  double value = std::nan("");
  while (!std::isfinite(value)) {
    value = std::bit_cast<double>(random());
  }
  return value;
}

template <class Quantity>
void expect_round_trips(double scale) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> ordinary(0.0, scale);
  for (int i = 0; i < 20'000; ++i) {
    const Quantity value{i % 2 == 0 ? ordinary(random) : any_double(random) * 1e-10};
    if (value.value != 0 && std::abs(value.value) < 1e-290) {
      continue;  // A percentage of a number near the smallest double is no double.
    }
    EXPECT_EQ(parsed<Quantity>(value_text(value)), value) << value_text(value);
  }
}

TEST(ValueText, every_double_reads_back_as_itself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) {
    const double value = any_double(random);
    EXPECT_EQ(parsed<double>(value_text(value)), value) << value_text(value);
  }
}

TEST(ValueText, every_integer_reads_back_as_itself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() >> (i % 64));
    EXPECT_EQ(parsed<std::int64_t>(value_text(value)), value);
  }
}

TEST(ValueText, every_duration_reads_back_as_itself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const milliseconds value{static_cast<std::int64_t>(random() >> (12 + i % 52))};
    EXPECT_EQ(parsed<milliseconds>(value_text(value)), value) << value_text(value);
  }
}

TEST(ValueText, every_quantity_reads_back_as_itself) {
  expect_round_trips<Joules>(1e12);
  expect_round_trips<Watts>(1e9);
  expect_round_trips<GramsPerKwh>(1e3);
}

TEST(ValueText, every_share_reads_back_as_itself) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> share(0.0, 1.0);
  for (int i = 0; i < 20'000; ++i) {
    const Fraction value{share(random)};
    EXPECT_EQ(parsed<Fraction>(value_text(value)), value) << value_text(value);
  }
}

TEST(ValueText, prints_the_form_a_person_would_write) {
  EXPECT_EQ(value_text(true), "true");
  EXPECT_EQ(value_text(std::int64_t{-5}), "-5");
  EXPECT_EQ(value_text(0.001), "0.001");
  EXPECT_EQ(value_text(1e-8), "1.0e-8");
  EXPECT_EQ(value_text(1.5e300), "1.5e+300");
  EXPECT_EQ(value_text(1e9), "1000000000");
  EXPECT_EQ(value_text(milliseconds(0)), "0s");
  EXPECT_EQ(value_text(milliseconds(1500)), "1500ms");
  EXPECT_EQ(value_text(milliseconds(90'000)), "90s");
  EXPECT_EQ(value_text(milliseconds(7'200'000)), "2h");
  EXPECT_EQ(value_text(Joules{5e6}), "5MJ");
  EXPECT_EQ(value_text(Joules{999}), "999J");
  EXPECT_EQ(value_text(Watts{1500}), "1.5kW");
  EXPECT_EQ(value_text(Fraction{0.05}), "5%");
  EXPECT_EQ(value_text(Fraction{0.0}), "0%");
  EXPECT_EQ(value_text(Fraction{0.1 + 0.2}), "30.000000000000004%");
  EXPECT_EQ(value_text(GramsPerKwh{56}), "56 g/kWh");
}

TEST(ParseValue, reads_every_unit) {
  EXPECT_EQ(parsed<milliseconds>("100ms"), milliseconds(100));
  EXPECT_EQ(parsed<milliseconds>("1.5s"), milliseconds(1500));
  EXPECT_EQ(parsed<milliseconds>("90 s"), milliseconds(90'000));
  EXPECT_EQ(parsed<milliseconds>("0.1min"), milliseconds(6000));
  EXPECT_EQ(parsed<milliseconds>("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parsed<milliseconds>("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parsed<Joules>("7J"), Joules{7});
  EXPECT_EQ(parsed<Joules>("7kJ"), Joules{7e3});
  EXPECT_EQ(parsed<Joules>("5MJ"), Joules{5e6});
  EXPECT_EQ(parsed<Joules>("5GJ"), Joules{5e9});
  EXPECT_EQ(parsed<Joules>("2Wh"), Joules{7200});
  EXPECT_EQ(parsed<Joules>("1.2kWh"), Joules{4.32e6});
  EXPECT_EQ(parsed<Joules>("1e-3MWh"), Joules{3.6e6});
  EXPECT_EQ(parsed<Watts>("300W"), Watts{300});
  EXPECT_EQ(parsed<Watts>("1.1kW"), Watts{1100});
  EXPECT_EQ(parsed<Watts>("2MW"), Watts{2e6});
  EXPECT_EQ(parsed<GramsPerKwh>("56 g/kWh"), GramsPerKwh{56});
  EXPECT_EQ(parsed<GramsPerKwh>("56g/kWh"), GramsPerKwh{56});
  EXPECT_EQ(parsed<GramsPerKwh>("56 kg/MWh"), GramsPerKwh{56});
}

TEST(ParseValue, moves_the_decimal_point_without_rounding) {
  EXPECT_EQ(parsed<Joules>("1.1MJ"), parsed<Joules>("1100000J"));
  EXPECT_EQ(parsed<Fraction>("5%"), Fraction{0.05});
  EXPECT_EQ(parsed<Fraction>("29%"), Fraction{0.29});  // 29 * 0.01 would be 0.29000000000000004.
}

TEST(ParseValue, takes_a_share_with_and_without_the_percent_sign) {
  EXPECT_EQ(parsed<Fraction>("0.05"), Fraction{0.05});
  EXPECT_EQ(parsed<Fraction>("0"), Fraction{0});
  EXPECT_EQ(parsed<Fraction>("1"), Fraction{1});
  EXPECT_EQ(parsed<Fraction>("100%"), Fraction{1});
  EXPECT_EQ(problem<Fraction>("15"), ValueProblem::NoUnit);
}

TEST(ParseValue, asks_for_a_missing_unit) {
  EXPECT_EQ(problem<milliseconds>("100"), ValueProblem::NoUnit);
  EXPECT_EQ(problem<Joules>("5e6"), ValueProblem::NoUnit);
  EXPECT_EQ(problem<Watts>("300 "), ValueProblem::NoUnit);
  EXPECT_EQ(problem<GramsPerKwh>("56"), ValueProblem::NoUnit);
}

TEST(ParseValue, refuses_what_is_not_written_like_its_kind) {
  for (const char* text :
       {"", " ", "x", "ms", "1m", "1 hour", "1sms", "1,5s", "--1s", "5 W", "e3s"}) {
    EXPECT_EQ(problem<milliseconds>(text), ValueProblem::Syntax) << text;
  }
  for (const char* text : {"", "1.5", "1e3", "0x10", "1_000", "+-5", "++5", "5 ", " 5", "5%"}) {
    EXPECT_EQ(problem<std::int64_t>(text), ValueProblem::Syntax) << text;
  }
  for (const char* text :
       {"", ".", "-", "inf", ".inf", "nan", "1e", "1.2.3", "0x1p3", "5%", "1,5"}) {
    EXPECT_EQ(problem<double>(text), ValueProblem::Syntax) << text;
  }
  for (const char* text : {"", "yes", "on", "1", "tRUE"}) {
    EXPECT_EQ(problem<bool>(text), ValueProblem::Syntax) << text;
  }
}

TEST(ParseValue, reads_the_usual_spellings_of_numbers) {
  EXPECT_EQ(parsed<double>("+.5"), 0.5);
  EXPECT_EQ(parsed<double>("1."), 1.0);
  EXPECT_EQ(parsed<double>("-1E+2"), -100.0);
  EXPECT_EQ(parsed<std::int64_t>("+5"), 5);
  EXPECT_EQ(parsed<std::int64_t>("010"), 10);
  EXPECT_TRUE(parsed<bool>("True"));
}

TEST(ParseValue, refuses_what_does_not_fit) {
  EXPECT_EQ(problem<std::int64_t>("9223372036854775808"), ValueProblem::OutOfRange);
  EXPECT_EQ(parsed<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(problem<double>("1e400"), ValueProblem::OutOfRange);
  EXPECT_EQ(problem<double>("1e-400"), ValueProblem::OutOfRange);
  EXPECT_EQ(problem<double>("1e99999999999999999999"), ValueProblem::OutOfRange);
  EXPECT_EQ(problem<Joules>("1e308MWh"), ValueProblem::OutOfRange);
  EXPECT_EQ(problem<milliseconds>("1e10d"), ValueProblem::OutOfRange);
  EXPECT_EQ(problem<milliseconds>("0.5ms"), ValueProblem::TooFine);
}

TEST(ParseValue, leaves_the_value_alone_on_a_problem) {
  milliseconds value{7};
  EXPECT_NE(parse_value("1", value), std::nullopt);
  EXPECT_EQ(value, milliseconds(7));
}

TEST(ParseValue, refuses_control_characters_in_a_text) {
  EXPECT_EQ(problem<std::string>("a\nb"), ValueProblem::Syntax);
  EXPECT_EQ(problem<std::string>(std::string_view("a\0b", 3)), ValueProblem::Syntax);
  EXPECT_EQ(parsed<std::string>("caf\xC3\xA9 #1"), "caf\xC3\xA9 #1");
}

TEST(ParseValue, does_not_depend_on_the_locale) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale(), new Comma));
  EXPECT_EQ(parsed<double>("1234.5"), 1234.5);
  EXPECT_EQ(value_text(1234.5), "1234.5");
  EXPECT_EQ(value_text(std::int64_t{1234567}), "1234567");
  std::locale::global(before);
}

}  // namespace
}  // namespace greentrain
