#pragma once

#include <memory>
#include <vector>

#include "scheduler/carbon/carbon_zone.h"
#include "scheduler/cli/carbon_command.h"

namespace greentrain {

/// A zone opened for one command: its clock, store and feed, asked once if that is due. What the
/// feed answered wrong is told on `context.err`.
class ZoneSession {
 public:
  /// Throws UsageError for arguments that cannot be, such as an unknown feed or time.
  ZoneSession(const CarbonArguments& arguments, const CommandContext& context);

  UtcTime now() const;
  VintageStore& store() { return *store_; }
  CarbonZone& zone() { return *zone_; }
  const std::vector<FeedFault>& faults() const { return faults_; }

  /// The signal of the zone. Throws Error that says what was tried if nothing is known of it.
  CarbonSignal signal() const;

 private:
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<VintageStore> store_;
  std::unique_ptr<CarbonZone> zone_;
  std::vector<FeedFault> faults_;
  std::string wanted_kind_;
};

}  // namespace greentrain
