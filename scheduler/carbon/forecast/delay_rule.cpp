#include "scheduler/carbon/forecast/delay_rule.h"

namespace greentrain {

DelayVerdict worth_delaying(Grams gain, Grams run_now, const std::optional<ForecastSkill>& skill,
                            const DelayMinimum& minimum) {
  const bool enough =
      gain.value > 0 && gain >= minimum.gain && gain >= run_now * minimum.share.value;
  if (!enough) return DelayVerdict::GainTooSmall;
  if (!skill || skill->days < minimum.days) return DelayVerdict::TooFewDays;
  const bool skilled = skill->realised_at_least.value > 0 && skill->skill_over_persistence > 0;
  return skilled ? DelayVerdict::Worth : DelayVerdict::NoSkill;
}

}  // namespace greentrain
