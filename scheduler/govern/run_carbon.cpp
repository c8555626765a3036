#include "scheduler/govern/run_carbon.h"

namespace greentrain {

RunCarbon count_run(const std::vector<EnergyPiece>& pieces, const CarbonSeries& known,
                    const CarbonSeries& observed) {
  require_same_signal(known.signal(), observed.signal());
  RunAccount actual, at_once, idle, seen;
  UtcTime at = pieces.empty() ? UtcTime{} : pieces.front().from;
  for (const EnergyPiece& piece : pieces) {
    actual.add(piece.from, piece.to, piece.energy);
    seen.add(piece.from, piece.to, piece.energy);
    if (piece.paused) {
      idle.add(piece.from, piece.to, piece.energy);
    } else {
      at_once.add(at, at + (piece.to - piece.from), piece.energy);
      at += piece.to - piece.from;
    }
  }
  const RunAccount::Count counted = actual.count(known);
  const RunAccount::Count baseline = at_once.count(known);
  RunCarbon carbon;
  carbon.energy = actual.energy();
  carbon.idle_energy = idle.energy();
  carbon.realised = counted.grams;
  carbon.uncounted = counted.uncounted;
  const RunAccount::Count sure = seen.count(observed);
  const Joules provisional = sure.uncounted - counted.uncounted;
  carbon.provisional = Fraction{carbon.energy.value > 0 ? provisional / carbon.energy : 0};
  carbon.settled = counted.settled && provisional.value <= 0;
  if (counted.uncounted.value > 0 || baseline.uncounted.value > 0) return carbon;
  carbon.saving = make_saving(at_once.energy(), baseline.grams, carbon.energy, counted.grams);
  carbon.saving->idle = idle.count(known).grams;
  return carbon;
}

}  // namespace greentrain
