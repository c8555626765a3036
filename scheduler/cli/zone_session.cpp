#include "scheduler/cli/zone_session.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "scheduler/carbon/default_store.h"
#include "scheduler/cli/local_time.h"

namespace greentrain {
namespace {

/// A clock that stands at the time that --now names.
class StandingClock final : public Clock {
 public:
  explicit StandingClock(UtcTime time) : time_(time) {}
  Instant now() const override { return {}; }
  std::chrono::system_clock::time_point date() const override { return time_; }

 private:
  UtcTime time_;
};

std::unique_ptr<Clock> make_clock(const std::string& now) {
  if (now.empty()) return std::make_unique<SystemClock>();
  const auto today = std::chrono::floor<std::chrono::seconds>(SystemClock().date());
  return std::make_unique<StandingClock>(parse_moment("--now", now, today));
}

std::filesystem::path store_of(const CarbonArguments& arguments, const Environment& environment) {
  if (!arguments.store.empty()) return arguments.store;
  // What is read from a file, or looked at as of another time, is no news to be kept.
  if (!arguments.feed.file.empty() || !arguments.now.empty()) return ":memory:";
  return default_store(environment);
}

std::optional<EmissionBasis> basis_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto& names = enum_names<EmissionBasis>;
  const auto found = std::find(names.begin(), names.end(), name);
  return static_cast<EmissionBasis>(found - names.begin());  // CLI11 has checked the name.
}

}  // namespace

ZoneSession::ZoneSession(const CarbonArguments& arguments, const CommandContext& context)
    : clock_(make_clock(arguments.now)),
      store_(std::make_unique<VintageStore>(store_of(arguments, context.environment))),
      wanted_kind_(arguments.kind) {
  FeedSettings settings = arguments.feed;
  settings.basis = basis_of(arguments.basis);
  settings.has_answered_before = store_->has_answered(feed_name(settings, arguments.zone));
  auto feed = make_feed(settings, arguments.zone, context.environment);
  OutlookSettings outlook;
  outlook.horizon = std::chrono::hours{arguments.horizon_hours};
  outlook.history = std::chrono::days{arguments.history_days};
  zone_ = std::make_unique<CarbonZone>(arguments.zone, std::move(feed), *store_, *clock_, outlook,
                                       [&err = context.err](const FeedTransition& change) {
                                         if (!change.from) return;
                                         err << fmt::format("greensched: {} {} -> {}: {}\n",
                                                            change.zone, enum_name(*change.from),
                                                            enum_name(change.to), change.reason);
                                       });
  if (zone_->next_poll() <= now()) faults_ = zone_->poll();
  for (const FeedFault& fault : faults_) {
    context.err << fmt::format("greensched: warning: {}\n", to_string(fault));
  }
}

UtcTime ZoneSession::now() const {
  return std::chrono::floor<std::chrono::seconds>(clock_->date());
}

CarbonSignal ZoneSession::signal() const {
  const auto signal = zone_->signal();
  if (!signal) {
    throw Error(fmt::format(
        "{}: nothing is known of this zone: feed {} gave no value{}; name "
        "another feed with --feed, or a file with --carbon",
        zone_->zone(), zone_->provider(), faults_.empty() ? "" : " (see the warning above)"));
  }
  if (!wanted_kind_.empty() && enum_name(signal->kind) != wanted_kind_) {
    throw UsageError(
        fmt::format("{}: feed {} gives {} intensity, expected {}; kinds are never mixed",
                    zone_->zone(), zone_->provider(), enum_name(signal->kind), wanted_kind_));
  }
  return *signal;
}

}  // namespace greentrain
