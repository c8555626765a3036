#include "scheduler/plan/accounting.h"

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

double mean_intensity(Joules energy, Grams grams) {
  return energy.value > 0 ? grams.value / energy.value : 0;
}

}  // namespace

Saving make_saving(Joules baseline_energy, Grams baseline, Joules energy, Grams actual) {
  const double intensity = mean_intensity(baseline_energy, baseline);
  Saving saving{baseline, actual, {}, {}, {}};
  saving.energy_effect = Grams{(baseline_energy - energy).value * intensity};
  saving.timing_effect = saving.total() - saving.energy_effect;
  return saving;
}

Saving saving_of(const Plan& baseline, const Plan& plan) {
  Saving saving = make_saving(baseline.energy, baseline.grams, plan.energy, plan.grams);
  for (const SlotUse& use : plan.uses) {
    if (use.paused.count() > 0) saving.idle += use.grams;
  }
  return saving;
}

void RunAccount::add(UtcTime from, UtcTime to, Joules energy) {
  if (from >= to || (!pieces_.empty() && from < pieces_.back().to)) {
    throw Error(fmt::format("energy from {} to {}: expected a time after the piece before it",
                            format_utc(from), format_utc(to)));
  }
  pieces_.push_back({from, to, energy});
}

const RunAccount::Count& RunAccount::count(const CarbonSeries& series) {
  if (signal_) require_same_signal(*signal_, series.signal());
  signal_ = series.signal();
  Count count;
  count.at = series.retrieved_at();
  for (const Piece& piece : pieces_) {
    if (const auto intensity = series.mean(piece.from, piece.to)) {
      count.grams += piece.energy * *intensity;
    } else {
      count.uncounted += piece.energy;
    }
  }
  const Joules total = energy();
  count.counted = Fraction{total.value > 0 ? 1 - count.uncounted / total : 1};
  count.settled = !pieces_.empty() && count.at >= pieces_.back().to + kSettledAfter;
  if (!first_) first_ = count;
  latest_ = count;
  return *latest_;
}

Joules RunAccount::energy() const {
  Joules total;
  for (const Piece& piece : pieces_) total += piece.energy;
  return total;
}

}  // namespace greentrain
