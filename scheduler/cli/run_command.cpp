#include "scheduler/cli/run_command.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/format.h"
#include "scheduler/cli/local_time.h"
#include "scheduler/cli/plan_arguments.h"
#include "scheduler/cli/zone_session.h"
#include "scheduler/govern/live_zone.h"
#include "scheduler/govern/run_carbon.h"
#include "scheduler/run/process_host.h"
#include "scheduler/run/window_runner.h"

namespace greentrain {
namespace {

struct RunArguments {
  PlanArguments plan;
  bool pause{false};
  std::vector<std::string> command;
};

/// Asks the feed when that is due and gives what is expected. A feed that fails in any way must not
/// end a run: it says so once and leaves the job to its deadline.
class FeedOutlook {
 public:
  FeedOutlook(const RunArguments& arguments, const CommandContext& context)
      : arguments_(arguments), context_(context) {}

  std::optional<PlanBasis> operator()(const Job& job, UtcTime now) {
    try {
      if (!session_) {
        session_ = std::make_shared<ZoneSession>(arguments_.plan.carbon, context_);
      } else if (session_->zone().next_poll() <= now) {
        session_->zone().poll();
      }
      const auto outlook = session_->zone().outlook();
      if (!outlook) return std::nullopt;
      slot_ = slot_of(arguments_.plan, job, now);
      remember(*outlook, now, job.deadline);
      return make_basis(job, *outlook, session_->zone().state(), now, slot_);
    } catch (const UsageError&) {
      throw;  // Found at the first look, before anything has been waited for.
    } catch (const Error& error) {
      context_.err << "greensched: warning: " << error.what() << "\n";
      return std::nullopt;
    }
  }

  /// What is known of the time of the run when it is over; empty if nothing ever was.
  std::optional<KnownCarbon> known(UtcTime from, UtcTime to) {
    if (expected_.empty()) return std::nullopt;
    if (session_->zone().next_poll() <= to) session_->zone().poll();
    if (const auto outlook = session_->zone().outlook()) {
      remember(*outlook, std::prev(expected_.end())->first + slot_, to);
    }
    ZoneView view;
    view.signal = session_->signal();
    view.observed = session_->store().observed(view.signal, from - std::chrono::hours{24}, to, to);
    for (const auto& [start, value] : expected_) view.expected.push_back(value);
    return known_carbon(view, from, to, to);
  }

 private:
  /// Keeps what is expected of the slots in [from, to); those before stay as they were.
  void remember(const Outlook& outlook, UtcTime from, UtcTime to) {
    for (UtcTime at = from - from.time_since_epoch() % slot_; at < to; at += slot_) {
      const auto mean = outlook.expected.mean(std::max(at, from), at + slot_);
      if (mean) expected_[at] = {at, slot_, *mean, SeriesMethod::Forecast, from};
    }
  }

  const RunArguments& arguments_;
  const CommandContext& context_;
  std::shared_ptr<ZoneSession> session_;
  std::chrono::seconds slot_{};
  std::map<UtcTime, PublishedValue> expected_;
};

/// What the run emitted by what is known when it ends; empty if it did not run, or nothing is
/// known.
std::optional<std::string> carbon_text(const WindowRunner& runner, FeedOutlook& outlook) {
  const auto& pieces = runner.pieces();
  const bool ran = std::any_of(pieces.begin(), pieces.end(),
                               [](const EnergyPiece& piece) { return piece.energy.value > 0; });
  if (!ran) return std::nullopt;
  const auto known = outlook.known(pieces.front().from, pieces.back().to);
  if (!known) return std::nullopt;
  const RunCarbon carbon = count_run(pieces, known->known, known->observed);
  std::string text = fmt::format("carbon: {} CO2e", format_grams(carbon.realised));
  if (carbon.saving) {
    text += fmt::format(", {} if run at once", format_grams(carbon.saving->baseline));
  }
  if (runner.planned()) {
    text += fmt::format(", {} when it was planned", format_grams(*runner.planned()));
  }
  if (carbon.provisional.value > 0) {
    text += fmt::format("; {} by expected intensities, the rest by published ones",
                        format_percent(carbon.provisional.value));
  }
  if (carbon.uncounted.value > 0) {
    text += fmt::format("; {} not counted", format_joules(carbon.uncounted));
  }
  return text + "; by the power as given, not metered";
}

int run(RunArguments arguments, const CommandContext& context) {
  if (!arguments.plan.carbon.now.empty()) {
    throw UsageError("--now: a command runs in the present; `greensched plan` takes --now");
  }
  ProcessHost host(arguments.command);
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(host.clock().date());
  const Job job = make_job(arguments.plan, now);
  const auto tell = [&context](const std::string& message) {
    context.err << "greensched run: " << message << "\n" << std::flush;
  };
  tell(fmt::format("deadline {} ({}), latest safe start {}", format_local(job.deadline),
                   format_utc(job.deadline), format_utc(latest_safe_start(job))));
  const auto hours = std::chrono::ceil<std::chrono::hours>(job.deadline - now).count() + 1;
  arguments.plan.carbon.horizon_hours = static_cast<int>(std::min<std::int64_t>(hours, 240));
  WindowRunner::Settings settings;
  settings.policy = policy_of(arguments.plan, arguments.pause);
  FeedOutlook outlook(arguments, context);
  WindowRunner runner(job, host, std::ref(outlook), settings, tell);
  const int code = runner.run();
  if (!knows_power(arguments.plan)) return code;
  try {  // The exit code is the command's, whatever becomes of the feed.
    if (const auto text = carbon_text(runner, outlook)) tell(*text);
  } catch (const std::exception& error) {
    context.err << "greensched: warning: " << error.what() << "\n";
  }
  return code;
}

}  // namespace

void add_run_command(CLI::App& program, const CommandContext& context, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "run",
      "Wait for the best window before a deadline, then run a command: run --deadline 18:00 "
      "--duration 2h --zone DE -- COMMAND");
  auto arguments = std::make_shared<RunArguments>();
  arguments->plan.duration = "1h";
  arguments->plan.carbon.zone = "WORLD";  // A yearly average: nothing is worth waiting for.
  add_plan_options(*command, arguments->plan);
  command->get_option("--duration")->required(false)->capture_default_str();
  command->get_option("--zone")->required(false)->capture_default_str();
  command->add_flag("--pause", arguments->pause,
                    "Also pause it in dirty hours, by stopping its process group");
  command->add_option("COMMAND", arguments->command, "What to run, after --")->required();
  command->callback([arguments, &context, &exit_code] { exit_code = run(*arguments, context); });
}

}  // namespace greentrain
