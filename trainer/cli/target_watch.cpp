#include "trainer/cli/target_watch.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

// One report of all machines; `mine` where this rank meters one. Collective.
EnergyReport gather_energy(Communicator& comm, const std::optional<EnergyReport>& mine) {
  std::vector<EnergyReport> nodes;
  for (const std::string& text : all_gather_text(comm, mine ? to_json(*mine).dump() : "")) {
    if (!text.empty()) nodes.push_back(energy_report_from_json(nlohmann::json::parse(text)));
  }
  return merge(nodes);
}

}  // namespace

TargetWatch::TargetWatch(Communicator& comm, EnergyMeter* meter,
                         const EarlyStoppingOptions& options, const Clock& clock,
                         Clock::Instant started_at)
    : comm_(comm), meter_(meter), clock_(clock), started_at_(started_at) {
  if (!options.target) return;
  report_ = TargetReached{options.monitor, *options.target, std::nullopt};
  if (meter_ != nullptr) window_ = meter_->begin();
}

void TargetWatch::reached(std::int64_t step) {
  std::optional<EnergyReport> mine;
  if (window_) mine = meter_->end(*window_);
  report_->reached = {step, clock_.now() - started_at_, gather_energy(comm_, mine)};
}

}  // namespace greentrain
