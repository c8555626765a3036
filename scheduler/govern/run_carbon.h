#pragma once

#include <optional>
#include <vector>

#include "scheduler/carbon/series.h"
#include "scheduler/govern/energy_ledger.h"
#include "scheduler/plan/accounting.h"

namespace greentrain {

/// What a run emitted, and what it would have emitted had it run at once without a pause.
struct RunCarbon {
  Joules energy;         ///< From the first step to the last.
  Joules idle_energy;    ///< Part of it: drawn while paused.
  Grams realised;        ///< Of the energy for which an intensity is known.
  Joules uncounted;      ///< Energy for which none is: it is left out, never guessed.
  Fraction provisional;  ///< Share of the energy that was counted with an expected value, since the
                         ///< observed one was not published yet.
  std::optional<Saving> saving;  ///< Empty if some energy of either side is uncounted.
  bool settled{false};           ///< Values this old do not change any more.
};

/// Counts metered pieces with `known`, observed values and what was expected where there is none
/// yet; `observed` holds the former alone. The baseline is the same pieces without the pauses, laid
/// end to end from the start of the first one. Throws Error if the signals differ.
RunCarbon count_run(const std::vector<EnergyPiece>& pieces, const CarbonSeries& known,
                    const CarbonSeries& observed);

}  // namespace greentrain
