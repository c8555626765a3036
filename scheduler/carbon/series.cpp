#include "scheduler/carbon/series.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

void require(bool holds, const CarbonSeriesFields& fields, const std::string& complaint) {
  if (!holds) {
    throw Error(fmt::format("carbon series of {}: {}", to_string(fields.signal), complaint));
  }
}

void check_values(const CarbonSeriesFields& fields) {
  for (std::size_t slot = 0; slot < fields.values.size(); ++slot) {
    const std::optional<GramsPerKwh>& value = fields.values[slot];
    if (!value || (std::isfinite(value->value) && value->value > 0.0)) continue;
    const UtcTime time = fields.start + static_cast<std::chrono::seconds::rep>(slot) * fields.step;
    require(false, fields,
            fmt::format("{} g/kWh at {}, expected a finite number above 0; a value that is not "
                        "known is left out",
                        value->value, format_utc(time)));
  }
}

}  // namespace

std::string to_string(const CarbonSignal& signal) {
  const auto or_unknown = [](const std::string& name) { return name.empty() ? "?" : name; };
  return fmt::format("{} {} {} by {}", or_unknown(signal.zone), enum_name(signal.kind),
                     enum_name(signal.basis), or_unknown(signal.provider));
}

void require_same_signal(const CarbonSignal& a, const CarbonSignal& b) {
  if (a == b) return;
  throw Error(fmt::format(
      "carbon series of {} and of {} cannot be joined or compared: zone, kind (average or "
      "marginal), basis and provider must be the same; use one signal throughout",
      to_string(a), to_string(b)));
}

CarbonSeries::CarbonSeries(CarbonSeriesFields fields) : fields_(std::move(fields)) {
  require(!fields_.signal.zone.empty(), fields_, "it names no zone");
  require(!fields_.signal.provider.empty(), fields_, "it names no provider");
  require(
      fields_.step.count() > 0 && fields_.step <= kMaxStep, fields_,
      fmt::format("a step of {} s, expected 1 s to {} s", fields_.step.count(), kMaxStep.count()));
  require(!fields_.values.empty() && fields_.values.size() <= kMaxSlots, fields_,
          fmt::format("{} slots, expected 1 to {}", fields_.values.size(), kMaxSlots));
  check_values(fields_);
}

UtcTime CarbonSeries::start_of(std::size_t slot) const {
  return fields_.start + static_cast<std::chrono::seconds::rep>(slot) * fields_.step;
}

std::size_t CarbonSeries::missing() const {
  return static_cast<std::size_t>(std::count(values().begin(), values().end(), std::nullopt));
}

std::optional<std::size_t> CarbonSeries::slot_at(UtcTime time) const {
  if (time < start() || time >= end()) return std::nullopt;
  return static_cast<std::size_t>((time - start()) / step());
}

std::optional<GramsPerKwh> CarbonSeries::at(UtcTime time) const {
  const std::optional<std::size_t> slot = slot_at(time);
  return slot ? fields_.values[*slot] : std::nullopt;
}

std::optional<GramsPerKwh> CarbonSeries::mean(UtcTime from, UtcTime to) const {
  if (from >= to || from < start() || to > end()) return std::nullopt;
  double weighted = 0.0;
  for (std::size_t slot = *slot_at(from); slot < size() && start_of(slot) < to; ++slot) {
    if (!fields_.values[slot]) return std::nullopt;
    const UtcTime begins = std::max(from, start_of(slot));
    const UtcTime ends = std::min(to, start_of(slot + 1));
    weighted += fields_.values[slot]->value * static_cast<double>((ends - begins).count());
  }
  return GramsPerKwh{weighted / static_cast<double>((to - from).count())};
}

CarbonSeries resample(const CarbonSeries& series, UtcTime start, UtcTime end,
                      std::chrono::seconds step) {
  CarbonSeriesFields fields = series.fields();
  fields.start = start;
  fields.step = step;
  fields.values.clear();
  if (step.count() > 0 && (end - start) / step <= static_cast<long>(CarbonSeries::kMaxSlots)) {
    for (UtcTime slot = start; slot + step <= end; slot += step) {
      fields.values.push_back(series.mean(slot, slot + step));
    }
  }
  return CarbonSeries(std::move(fields));
}

}  // namespace greentrain
