#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"
#include "scheduler/carbon/forecast/skill.h"

namespace greentrain {

/// What a delay must promise at least.
struct DelayMinimum {
  Grams gain{0};         ///< CO2e saved by the whole job,
  Fraction share{0.02};  ///< and as a part of what running at once emits.
  std::size_t days{7};   ///< Of back-test behind the skill.
};

enum class DelayVerdict { Worth, GainTooSmall, TooFewDays, NoSkill };
template <>
inline constexpr auto enum_names<DelayVerdict> =
    std::array<std::string_view, 4>{"worth it", "the expected gain is below the minimum",
                                    "too few days of history to measure the skill of the forecast",
                                    "timing by this forecast has saved nothing so far"};

/// Whether a job may be delayed for an expected gain on a forecast of this skill. Skill counts as
/// positive when the timing of the reference job did save carbon, with 95 % confidence, and the
/// error is below that of persistence. Without skill (nothing measured) the answer is TooFewDays.
DelayVerdict worth_delaying(Grams gain, Grams run_now, const std::optional<ForecastSkill>& skill,
                            const DelayMinimum& minimum);

}  // namespace greentrain
