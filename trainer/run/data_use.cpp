#include "trainer/run/data_use.h"

#include <algorithm>
#include <utility>

namespace greentrain {
namespace {

constexpr std::size_t kNamesShown = 10;

bool is_in_step(Phase phase) {
  return phase == Phase::Data || phase == Phase::Forward || phase == Phase::Backward ||
         phase == Phase::Exchange || phase == Phase::Update || phase == Phase::Wait;
}

}  // namespace

DataUse data_use(Seconds waited, int ranks, Seconds train, std::vector<std::string> unreadable) {
  std::ranges::sort(unreadable);
  const auto [repeated, end] = std::ranges::unique(unreadable);
  unreadable.erase(repeated, end);
  DataUse use;
  use.waited = waited;
  use.unreadable = std::ssize(unreadable);
  if (train > Seconds{0}) use.share = std::min(1.0, waited / (train * static_cast<double>(ranks)));
  unreadable.resize(std::min(unreadable.size(), kNamesShown));
  use.names = std::move(unreadable);
  return use;
}

std::optional<PruningSaving> pruning_saving(std::string method, std::int64_t left_out,
                                            std::int64_t visited, const EnergyReport& energy) {
  if (left_out <= 0 || visited <= 0) return std::nullopt;
  PruningSaving saving{std::move(method), left_out, 0, {}, {}};
  const auto samples = static_cast<double>(left_out);
  saving.share = samples / static_cast<double>(left_out + visited);
  const Energy& total = energy.total;
  if (total.quality == Quality::Unmeasured || total.joules <= Joules{0}) return saving;
  Joules in_steps;
  for (const PhaseEnergy& phase : energy.phases) {
    if (is_in_step(phase.phase)) in_steps += phase.joules;
  }
  const double factor = in_steps / total.joules * samples / static_cast<double>(visited);
  saving.lo = total.lo * factor;
  saving.hi = total.hi * factor;
  return saving;
}

}  // namespace greentrain
