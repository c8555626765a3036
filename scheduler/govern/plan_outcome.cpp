#include "scheduler/govern/plan_outcome.h"

#include <fmt/format.h>

#include "core/format.h"

namespace greentrain {
namespace {

std::string effects(const Saving& saving) {
  const auto text = [](Grams saved, const char* gain, const char* loss) {
    const bool lost = saved.value < 0;
    return fmt::format("{} {}", format_grams(lost ? saved * -1 : saved), lost ? loss : gain);
  };
  return "; " + text(saving.timing_effect, "saved by other hours", "lost by other hours") + ", " +
         text(saving.energy_effect, "saved by less energy", "lost by idling");
}

std::string grams(const PlanOutcome& outcome) {
  if (outcome.signal.empty()) return "nothing was known of the grid";
  if (!outcome.carbon) return "no grams, since nothing measured energy";
  const RunCarbon& carbon = *outcome.carbon;
  std::string text = format_grams(carbon.realised) + " CO2e";
  if (outcome.planned) text += fmt::format(", {} planned", format_grams(outcome.planned->grams));
  if (carbon.saving) {
    text += fmt::format(", {} if run at once", format_grams(carbon.saving->baseline));
  }
  return text;
}

/// What the grams do not hold, or not for sure.
std::string reservations(const RunCarbon& carbon) {
  std::string text;
  if (carbon.provisional.value > 0.005) {
    text +=
        fmt::format("; {} counted with expected values", format_percent(carbon.provisional.value));
  }
  if (carbon.uncounted.value > 0) {
    text += fmt::format("; {} not counted, in hours of which nothing is known",
                        format_joules(carbon.uncounted));
  }
  return text;
}

}  // namespace

std::string to_text(const PlanOutcome& outcome) {
  std::string text = grams(outcome);
  text += outcome.pauses == 0
              ? "; not paused"
              : fmt::format("; paused {} time{} for {}", outcome.pauses,
                            outcome.pauses == 1 ? "" : "s", format_duration(outcome.paused));
  if (outcome.deadline) {
    text += fmt::format("; deadline {} {}", format_utc(*outcome.deadline),
                        outcome.deadline_kept() ? "kept" : "missed");
  }
  if (!outcome.stopped.empty()) text += "; stopped: " + outcome.stopped;
  if (outcome.carbon && outcome.carbon->saving) text += effects(*outcome.carbon->saving);
  return outcome.carbon ? text + reservations(*outcome.carbon) : text;
}

}  // namespace greentrain
