#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/units.h"
#include "scheduler/carbon/series.h"
#include "scheduler/plan/plan.h"

namespace greentrain {

/// What a plan or a run saved against the baseline: the same job, released then, run at once at
/// full power with one start-up. energy_effect + timing_effect = baseline - actual, always.
struct Saving {
  Grams baseline;
  Grams actual;
  Grams energy_effect;  ///< By other joules, at the mean intensity of the baseline.
  Grams timing_effect;  ///< By other hours, for the joules that were used. 0 for a mere cap.
  Grams idle;           ///< Part of `actual`: emitted while paused.

  Grams total() const { return baseline - actual; }
};

/// From energy and carbon of both sides.
Saving make_saving(Joules baseline_energy, Grams baseline, Joules energy, Grams actual);

/// Of a plan, both counted with the intensities of its slots.
Saving saving_of(const Plan& baseline, const Plan& plan);

/// Energy of a run over time, as it was metered, to be counted with the carbon intensity once that
/// is known. The first count is kept when later values change it. Not thread-safe.
class RunAccount {
 public:
  /// Throws Error if the piece is empty or starts before the last one ended.
  void add(UtcTime from, UtcTime to, Joules energy);

  struct Count {
    Grams grams;
    Fraction counted;  ///< Share of the energy for which the series has a value; the rest is in
                       ///< `uncounted`, never guessed.
    Joules uncounted;
    UtcTime at;           ///< retrieved_at of the series.
    bool settled{false};  ///< Values this old do not change any more.
  };

  /// Counts with a series of the run's time. Throws Error if its signal is not that of the count
  /// before: kinds and providers are never mixed in one account.
  const Count& count(const CarbonSeries& series);

  const std::optional<Count>& first() const { return first_; }
  const std::optional<Count>& latest() const { return latest_; }
  Joules energy() const;

  /// How long providers still correct their values.
  static constexpr std::chrono::days kSettledAfter{7};

 private:
  struct Piece {
    UtcTime from;
    UtcTime to;
    Joules energy;
  };
  std::vector<Piece> pieces_;
  std::optional<CarbonSignal> signal_;
  std::optional<Count> first_;
  std::optional<Count> latest_;
};

}  // namespace greentrain
