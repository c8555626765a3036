#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/enum_names.h"
#include "core/units.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// Average: grams over all energy of the grid. Marginal: grams one more kWh causes. Never mixed.
enum class SignalKind { Average, Marginal };
template <>
inline constexpr auto enum_names<SignalKind> =
    std::array<std::string_view, 2>{"average", "marginal"};

/// Which emissions are counted. The same hour can differ threefold between the two.
enum class EmissionBasis { Unstated, Direct, Lifecycle };
template <>
inline constexpr auto enum_names<EmissionBasis> =
    std::array<std::string_view, 3>{"unstated", "direct", "lifecycle"};

/// How the values came about; a series has one.
enum class SeriesMethod { Measured, Estimated, Forecast, Climatology, Static };
template <>
inline constexpr auto enum_names<SeriesMethod> =
    std::array<std::string_view, 5>{"measured", "estimated", "forecast", "climatology", "static"};

/// What a number means. Two series may be joined, compared or differenced only if these are equal.
struct CarbonSignal {
  std::string zone;  ///< The provider's own name for the grid area, such as DE or CAISO_NORTH.
  SignalKind kind{SignalKind::Average};
  EmissionBasis basis{EmissionBasis::Unstated};
  std::string provider;  ///< Who computes it: two providers of one zone use different methods.

  bool operator==(const CarbonSignal&) const = default;
};

/// `DE average lifecycle by electricitymaps`.
std::string to_string(const CarbonSignal& signal);

/// Throws Error naming both signals if they differ: call it wherever two series meet.
void require_same_signal(const CarbonSignal& a, const CarbonSignal& b);

/// What a CarbonSeries is made from.
struct CarbonSeriesFields {
  CarbonSignal signal;
  SeriesMethod method{SeriesMethod::Measured};
  UtcTime generated_at;  ///< When the provider published it.
  UtcTime retrieved_at;  ///< When it was read here.
  UtcTime start;         ///< Start of the first slot.
  std::chrono::seconds step{0};
  std::vector<std::optional<GramsPerKwh>> values;  ///< One per slot; empty optional = not known.
};

/// One vintage of the carbon intensity of a zone: slot i holds the MEAN over
/// [start + i*step, start + (i+1)*step), never a point. A value is finite and above 0, or missing.
/// Immutable once made, so threads may share it.
class CarbonSeries {
 public:
  static constexpr std::size_t kMaxSlots = 4'000'000;  ///< 38 years of 5 minutes.
  static constexpr std::chrono::seconds kMaxStep = std::chrono::hours{24 * 366};

  /// Throws Error if zone or provider is empty, the step is not in (0, kMaxStep], there is no slot
  /// or more than kMaxSlots, or a value is not finite and above 0.
  explicit CarbonSeries(CarbonSeriesFields fields);

  const CarbonSignal& signal() const { return fields_.signal; }
  SeriesMethod method() const { return fields_.method; }
  const std::string& provider() const { return fields_.signal.provider; }
  UtcTime generated_at() const { return fields_.generated_at; }
  UtcTime retrieved_at() const { return fields_.retrieved_at; }

  std::size_t size() const { return fields_.values.size(); }  ///< Slots, at least 1.
  std::chrono::seconds step() const { return fields_.step; }
  UtcTime start() const { return fields_.start; }
  UtcTime end() const { return start_of(size()); }  ///< End of the last slot.
  UtcTime start_of(std::size_t slot) const;
  const std::vector<std::optional<GramsPerKwh>>& values() const { return fields_.values; }
  std::size_t missing() const;  ///< Slots without a value.

  /// The slot that holds `time`; empty outside [start, end).
  std::optional<std::size_t> slot_at(UtcTime time) const;
  /// The value of the slot that holds `time`; empty if unknown or outside.
  std::optional<GramsPerKwh> at(UtcTime time) const;
  /// The mean over [from, to) weighted by time; empty if any part of it is unknown or from >= to.
  std::optional<GramsPerKwh> mean(UtcTime from, UtcTime to) const;

  const CarbonSeriesFields& fields() const { return fields_; }

 private:
  CarbonSeriesFields fields_;
};

/// The same vintage on another grid: slots of `step` from `start` up to `end`, each the mean over
/// its span; a slot that is not wholly known is missing. Throws Error as the constructor does.
CarbonSeries resample(const CarbonSeries& series, UtcTime start, UtcTime end,
                      std::chrono::seconds step);

}  // namespace greentrain
