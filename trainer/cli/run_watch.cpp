#include "trainer/cli/run_watch.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "comm/cpus.h"
#include "comm/launch.h"
#include "core/file.h"
#include "core/log.h"
#include "trainer/cli/stop_signals.h"

namespace greentrain {
namespace {

// An update ends when all ranks have written their share of the parameters.
std::vector<WatchedPhase> watched_phases() {
  std::vector<WatchedPhase> phases;
  for (int i = 0; i < kPhaseCount; ++i) {
    const auto phase = static_cast<Phase>(i);
    const bool slow = phase == Phase::Startup || phase == Phase::Evaluation ||
                      phase == Phase::Checkpoint || phase == Phase::Idle;
    const bool waits = phase == Phase::Exchange || phase == Phase::Update;
    phases.push_back({to_string(phase), waits, slow});
  }
  return phases;
}

// The ranks that `watched` does not hold, with their hosts: "ranks 2-3 (node8), rank 4 (node9)".
std::string describe_others(Communicator& world, const std::set<int>& watched) {
  const auto hosts = all_gather_text(world, host_name());
  std::map<std::string, std::set<int>> others;
  for (int rank = 0; rank < world.size(); ++rank) {
    if (watched.count(rank) == 0) others[hosts[static_cast<std::size_t>(rank)]].insert(rank);
  }
  if (others.size() > 4) return fmt::format("a rank of {} other hosts", others.size());
  std::vector<std::string> texts;
  for (const auto& [host, ranks] : others) {
    texts.push_back(
        fmt::format("{} {} ({})", ranks.size() == 1 ? "rank" : "ranks", to_text(ranks), host));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::set<int> ranks_seen(const Heartbeats& heartbeats) {
  std::set<int> ranks;
  for (std::size_t i = 0; i < heartbeats.size(); ++i) ranks.insert(heartbeats.pulse(i).rank);
  return ranks;
}

}  // namespace

RunWatch::RunWatch(World& world, Communicator& node, const CommOptions& options, PhaseTimer& phases,
                   const Clock& clock)
    : phases_(phases) {
  Communicator& ranks = world.communicator();
  if (ranks.size() == 1) return;
  heartbeats_.emplace(node, ranks.rank());
  if (heartbeats_->problem() && node.rank() == 0) {
    log_warning("The ranks of this host cannot watch each other. " + *heartbeats_->problem());
  }
  heart_.emplace(*heartbeats_, clock);
  phases_.listen([this](Phase phase) { heart_->enter(static_cast<std::uint8_t>(phase)); });
  catch_stop_signals();
  watchdog_.emplace(*heartbeats_,
                    Watchdog::Watched{watched_phases(),
                                      host_name(),
                                      describe_others(ranks, ranks_seen(*heartbeats_)),
                                      {options.first_step_timeout, options.timeout}},
                    hooks(world), clock);
}

RunWatch::~RunWatch() { phases_.listen(nullptr); }

Watchdog::Hooks RunWatch::hooks(World& world) {
  return {[](const std::string& text) { log_info(text); },
          [this](const FlightRecord& record) { this->record(record); },
          [&world](ExitCode code) { world.abort(code); }, stop_descriptor(),
          [this] { asked_to_stop(); }};
}

void RunWatch::record_in(const std::filesystem::path& directory) {
  const std::lock_guard lock(mutex_);
  directory_ = directory;
}

void RunWatch::training_begins() {
  training_ = true;
  catch_stop_signals();
}

void RunWatch::record(const FlightRecord& record) {
  const std::lock_guard lock(mutex_);
  if (directory_.empty()) return;
  const bool one_host = record.node.others.empty();
  const auto file =
      directory_ / (one_host ? std::string("flight_record.json")
                             : fmt::format("flight_record-rank{}.json", record.written_by));
  write_file_atomically(file, to_json(record));
  log_info("What each rank did last is in " + file.string());
}

void RunWatch::asked_to_stop() {
  if (training_) return;
  heartbeats_->leave();
  end_by_stop_signal();
}

}  // namespace greentrain
