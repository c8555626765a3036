#pragma once

#include <string>
#include <string_view>

#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// The moment that a person means, in the time zone of the process (TZ, /etc/localtime): a date
/// with Z or an offset; `2026-11-20 18:00` in local time; or `18:00`, its next occurrence after
/// `now`. A local time that a clock change leaves out is refused, one that it repeats means the
/// first that is still to come: for a deadline the safe one. Throws UsageError that names `option`.
UtcTime parse_moment(const std::string& option, const std::string& text, UtcTime now);

/// `2026-11-20 18:00 CET`, in the time zone of the process.
std::string format_local(UtcTime time);

}  // namespace greentrain
