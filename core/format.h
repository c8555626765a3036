#pragma once

#include <string>

#include "core/units.h"

namespace greentrain {

// Numbers for people, in ASCII: three significant digits and the unit that keeps them short. What
// is not finite is written "nan" or "inf". For exact values that are read back:
// config/value_text.h.

std::string format_number(double value);      ///< "0.0264", "0.410", "412", "12300", "1.20e-07".
std::string format_joules(Joules energy);     ///< "26.4 mJ", "412 J", "61.2 kJ", "1.02 kWh".
std::string format_watts(Watts power);        ///< "214 W", "1.20 kW".
std::string format_grams(Grams mass);         ///< "6.41 mg", "56.0 g", "1.20 kg", "3.40 t".
std::string format_percent(double fraction);  ///< 0.978 is "97.8 %"; 1 is "100 %".
std::string format_duration(Seconds time);    ///< "870 ms", "3.42 s", "4m10s", "2h05m", "3d04h".

/// Both ends in the unit of the upper one: "103 to 655 J".
std::string format_interval(Joules lo, Joules hi);
std::string format_interval(Grams lo, Grams hi);

}  // namespace greentrain
