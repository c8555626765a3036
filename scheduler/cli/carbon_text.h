#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/carbon/forecast/outlook.h"
#include "scheduler/carbon/vintage_store.h"
#include "scheduler/cli/zone_session.h"

namespace greentrain {

/// The forecasters that were tried on the past of one zone.
struct SkillReport {
  std::vector<ForecastSkill> models;  ///< The local ones, then `provider` if it could be tried.
  std::size_t provider_forecasts{0};  ///< Vintages of the provider's forecast in the store.
};
SkillReport skill_report(ZoneSession& session, const CarbonSignal& signal, int horizon_hours);

/// What the commands print for people. Times are UTC.
std::string show_text(ZoneSession& session, const std::vector<PublishedValue>& observed,
                      const std::optional<Outlook>& outlook, const CommandContext& context);
std::string forecast_text(ZoneSession& session, const Outlook& outlook,
                          const CommandContext& context);
std::string skill_text(ZoneSession& session, const SkillReport& report);

}  // namespace greentrain
