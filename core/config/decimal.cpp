#include "core/config/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace greentrain {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                  text.begin());
}

/// Takes "e-3" off the front of `rest`. Clamped: far past what a double holds is far enough.
int take_exponent(std::string_view& rest) {
  constexpr int kFar = 100'000;
  if (rest.empty() || (rest[0] != 'e' && rest[0] != 'E')) {
    return 0;
  }
  const bool sign = rest.size() > 1 && (rest[1] == '-' || rest[1] == '+');
  const std::string_view digits = rest.substr(sign ? 2 : 1);
  const std::size_t count = count_digits(digits);
  if (count == 0) {
    return 0;
  }
  int exponent = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + count, exponent);
  exponent = result.ec == std::errc{} ? std::min(exponent, kFar) : kFar;
  exponent = rest[1] == '-' ? -exponent : exponent;
  rest = digits.substr(count);
  return exponent;
}

struct Scientific {
  std::string digits;
  int exponent{0};  ///< Of the first digit.
};

/// The shortest digits that are read back as the same double.
Scientific shortest(double value) {
  std::array<char, 32> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::scientific);
  const char* const e = std::find(buffer.data(), written.ptr, 'e');
  Scientific number;
  std::copy_if(static_cast<const char*>(buffer.data()), e, std::back_inserter(number.digits),
               is_digit);
  std::from_chars(e + (e[1] == '+' ? 2 : 1), written.ptr, number.exponent);
  return number;
}

std::string positive_text(const std::string& digits, int exponent) {
  const int last = static_cast<int>(digits.size()) - 1;
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  if (exponent < -5 || exponent > 15) {  // With '.' and sign, or YAML 1.1 takes it for a text.
    return fmt::format("{}.{}e{:+}", digits[0], last > 0 ? digits.substr(1) : "0", exponent);
  }
  if (exponent < 0) {
    return "0." + zeros(-exponent - 1) + digits;
  }
  if (exponent >= last) {
    return digits + zeros(exponent - last);
  }
  const auto point = static_cast<std::size_t>(exponent + 1);
  return digits.substr(0, point) + "." + digits.substr(point);
}

}  // namespace

std::optional<Decimal> Decimal::read(std::string_view text) {
  Decimal number;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    number.mantissa_ = text[0] == '-' ? "-" : "";
    text.remove_prefix(1);
  }
  const std::size_t whole = count_digits(text);
  const bool point = whole < text.size() && text[whole] == '.';
  const std::size_t part = point ? count_digits(text.substr(whole + 1)) : 0;
  if (whole + part == 0) {
    return std::nullopt;
  }
  const std::size_t size = whole + (point ? 1 : 0) + part;
  number.mantissa_ += text.substr(0, size);
  number.rest_ = text.substr(size);
  number.exponent_ = take_exponent(number.rest_);
  return number;
}

std::optional<double> Decimal::times_ten_to(int power) const {
  const std::string text = mantissa_ + "e" + std::to_string(exponent_ + power);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::string decimal_text(double value, int power) {
  if (value == 0) {
    return "0";
  }
  const Scientific number = shortest(value);
  return (value < 0 ? "-" : "") + positive_text(number.digits, number.exponent - power);
}

}  // namespace greentrain
