#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace greentrain {

/// A number as it was written, and the text that follows it. A unit that is a power of ten of
/// another moves the decimal point only, so that 1.1MJ and 1100000J are the same double.
class Decimal {
 public:
  /// Reads "-1.5e3" off the front of a text; nothing if no number starts there.
  static std::optional<Decimal> read(std::string_view text);

  /// The double nearest to the number * 10^power; nothing if it is too large or too small for one.
  std::optional<double> times_ten_to(int power) const;

  std::string_view rest() const { return rest_; }  ///< Points into the text that was read.

 private:
  std::string mantissa_;
  int exponent_{0};
  std::string_view rest_;
};

/// A finite value / 10^power in decimal: the shortest that is read back as the same double.
std::string decimal_text(double value, int power);

}  // namespace greentrain
