#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.h"
#include "meter/journal/energy_journal.h"

namespace greentrain {

/// The energy that a segment drew after its last record, of which nothing is known but the time: it
/// was cut off at some moment before the next record was due, or before the run was started anew.
struct LostTail {
  Seconds longest{0};
  Joules joules;  ///< Mean power of the segment over half of that time.
  Joules hi;      ///< All of it at the devices' maximum. From 0.
};

/// nullopt if the segment ended with a record of its end. `next_start`: of the run's next attempt,
/// in seconds since 1970; a date before the last record (the clock was set) says nothing. `usual`:
/// the run's mean power, for a segment that was cut off before it had measured any.
std::optional<LostTail> lost_tail(const SegmentHistory& history, std::optional<double> next_start,
                                  std::optional<Watts> usual = std::nullopt);

/// One segment with its lost tail in every figure, and as a component of its own.
TimedReport with_tail(const SegmentHistory& history, const std::optional<LostTail>& tail);

/// The present attempt of a run, on all its nodes.
struct PresentAttempt {
  std::int64_t number{1};
  std::int64_t first_step{0};  ///< Steps done when it began, those of the checkpoint it came from.
  double started_at{0};        ///< Seconds since 1970, UTC.
  TimedReport energy;
};

/// Adds what earlier attempts drew. Every joule counts; what was spent on steps that a later
/// attempt did again is `earlier->wasted`. Segments of the present attempt and later are passed
/// over, so that no record counts beside the report it is about. Pure.
EnergyReport whole_run(const std::vector<SegmentHistory>& segments, const PresentAttempt& present);

}  // namespace greentrain
