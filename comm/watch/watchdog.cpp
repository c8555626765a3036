#include "comm/watch/watchdog.h"

#include <algorithm>
#include <cstdlib>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// Places in Watchdog::events_.
constexpr std::size_t kLeave = 0;
constexpr std::size_t kStop = 1;
constexpr std::size_t kPeers = 2;

constexpr auto kLauncherReacts = 2000ms;   // Open MPI sends SIGTERM at once, SIGKILL 1 s later.
constexpr auto kSpeakerIsDone = 10'000ms;  // It may have to write to a slow file system.
constexpr auto kEndsForSure = 5s;

Milliseconds looks_apart(const WatchLimits& limits, const std::vector<ProcessWatch>& peers) {
  const bool blind = std::any_of(peers.begin(), peers.end(),
                                 [](const ProcessWatch& peer) { return peer.descriptor() < 0; });
  const Seconds shortest = std::min(limits.step, limits.first_step);
  const auto tenth = std::chrono::duration_cast<Milliseconds>(shortest / 10);
  return std::clamp<Milliseconds>(tenth, 50ms, blind ? 200ms : 5000ms);
}

void drain(int event) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto bytes = read(event, &count, sizeof count);
}

// Ending may itself hang: in a flush, in MPI.
void end_for_sure(ExitCode code) {
  std::thread([code] {
    std::this_thread::sleep_for(kEndsForSure);
    std::_Exit(static_cast<int>(code));
  }).detach();
}

}  // namespace

Watchdog::Watchdog(Heartbeats& heartbeats, Watched watched, Hooks hooks, const Clock& clock)
    : heartbeats_(heartbeats),
      watched_(std::move(watched)),
      hooks_(std::move(hooks)),
      clock_(clock) {
  events_ = {{eventfd(0, EFD_CLOEXEC), POLLIN, 0}, {hooks_.stop_descriptor, POLLIN, 0}};
  for (std::size_t index = 0; index < heartbeats_.size(); ++index) {
    if (index == heartbeats_.own_index()) continue;
    peers_.emplace_back(heartbeats_.pulse(index).process);
    events_.push_back({peers_.back().descriptor(), POLLIN, 0});
  }
  period_ = looks_apart(watched_.limits, peers_);
  thread_ = std::thread([this] { watch(); });
  pthread_setname_np(thread_.native_handle(), "watchdog");  // For `top -H` and debuggers.
}

Watchdog::~Watchdog() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto bytes = write(events_[kLeave].fd, &one, sizeof one);
  thread_.join();
  close(events_[kLeave].fd);
}

void Watchdog::watch() {
  bool stopping = false;
  Clock::Instant looked_at = clock_.now();
  Clock::Instant watching_since = looked_at;
  for (;;) {
    const Wake wake = sleep(period_);
    const Clock::Instant now = clock_.now();
    // It was stopped itself, as a suspended job is: the others may just have woken too.
    if (now - looked_at > 2 * period_ + 1s) watching_since = now;
    looked_at = now;
    const WatchedNode node = look();
    const auto diagnosis = diagnose(node, watched_.limits, now, watching_since);
    // After a request to stop the launcher kills who is slow: no news.
    if (diagnosis) give_up(*diagnosis, node, stopping && diagnosis->trouble == Trouble::Lost);
    if (wake.leave) return heartbeats_.leave();
    if (wake.stop) hooks_.asked_to_stop();
    stopping = stopping || wake.stop;
  }
}

Watchdog::Wake Watchdog::sleep(Milliseconds at_most) {
  if (poll(events_.data(), events_.size(), static_cast<int>(at_most.count())) <= 0) return {};
  for (std::size_t i = kPeers; i < events_.size(); ++i) {
    if (events_[i].revents != 0) events_[i].fd = -1;  // It has ended, and does so once.
  }
  const Wake wake{events_[kLeave].revents != 0, events_[kStop].revents != 0};
  if (wake.stop) drain(events_[kStop].fd);
  return wake;
}

WatchedNode Watchdog::look() const {
  WatchedNode node{{}, watched_.phases, watched_.host, watched_.others};
  for (std::size_t index = 0; index < heartbeats_.size(); ++index) {
    const ProcessState state = state_of(heartbeats_.pulse(index).process);
    node.ranks.push_back({heartbeats_.pulse(index), state});  // The pulse as it is at its end.
  }
  return node;
}

void Watchdog::speak(const Diagnosis& diagnosis, const WatchedNode& node) {
  const Clock::Instant now = clock_.now();
  hooks_.say(diagnosis.finding + "\n" + table(node, diagnosis.culprits, now));
  FlightRecord record{diagnosis, node, {}, watched_.limits, now, clock_.date(), 0};
  record.written_by = node.ranks.at(heartbeats_.own_index()).pulse.rank;
  for (std::size_t i = 0; i < node.ranks.size(); ++i) {
    record.histories.push_back(heartbeats_.history(i));
  }
  try {
    hooks_.record(record);
  } catch (const Error& error) {  // On a thread there is no main() to catch it.
    hooks_.say(fmt::format("The flight record could not be written: {}", error.what()));
  }
}

void Watchdog::give_up(const Diagnosis& diagnosis, const WatchedNode& node, bool silently) {
  const bool speaker = !silently && heartbeats_.claim_to_speak();
  if (speaker) speak(diagnosis, node);
  const bool lost = diagnosis.trouble == Trouble::Lost;
  const ExitCode code = lost ? ExitCode::Failure : ExitCode::Hang;
  // Of a lost rank the launcher knows, and ends the run with its code; of a hang only the speaker.
  if (lost || !speaker) {
    pollfd stop{hooks_.stop_descriptor, POLLIN, 0};
    const auto patience = speaker ? kLauncherReacts : kSpeakerIsDone;
    if (poll(&stop, 1, static_cast<int>(patience.count())) > 0) std::_Exit(static_cast<int>(code));
  }
  end_for_sure(code);
  hooks_.end_all(code);
  std::_Exit(static_cast<int>(code));
}

}  // namespace greentrain
