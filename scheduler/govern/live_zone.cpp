#include "scheduler/govern/live_zone.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/error.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 2s;

}  // namespace

struct LiveZone::State {
  State(Setup given, const Environment& environment, const Clock& the_clock)
      : setup(std::move(given)), clock(the_clock), store(setup.store), opened_at(now()) {
    FeedSettings feed = setup.feed;
    feed.has_answered_before = store.has_answered(feed_name(feed, setup.zone));
    OutlookSettings outlook;
    outlook.horizon = setup.horizon;
    zone.emplace(setup.zone, make_feed(feed, setup.zone, environment), store, clock, outlook,
                 [this](const FeedTransition& change) {
                   if (!change.from) return;
                   setup.warn(change.zone + ": " + std::string(enum_name(*change.from)) + " -> " +
                              std::string(enum_name(change.to)) + ", " + change.reason);
                 });
  }

  UtcTime now() const { return std::chrono::floor<std::chrono::seconds>(clock.date()); }
  void run();
  void look(bool at_once);
  void refresh(FeedState feed_state);
  void remember(const CarbonSeries& expected_now);

  const Setup setup;
  const Clock& clock;
  VintageStore store;
  const UtcTime opened_at;
  std::optional<CarbonZone> zone;
  std::vector<PublishedValue> expected;
  std::string last_fault;
  std::optional<UtcTime> slot_seen;
  std::optional<FeedState> state_seen;

  std::mutex mutex;
  std::condition_variable wake;
  // Guarded by mutex.
  bool leave{false};
  bool left{false};
  std::size_t wanted{0};  ///< Looks that somebody waits for.
  std::size_t served{0};  ///< Those of them that are over.
  std::shared_ptr<const ZoneView> view;
};

void LiveZone::State::run() {
  std::size_t serving = 0;
  for (;;) {
    try {
      look(/*at_once=*/serving > 0);
    } catch (const std::exception& error) {  // On a thread there is no main() to catch it.
      if (last_fault != error.what()) setup.warn(last_fault = error.what());
    }
    std::unique_lock lock(mutex);
    served = std::max(served, serving);
    wake.notify_all();
    wake.wait_for(lock, setup.look_every, [&] { return leave || wanted > served; });
    if (leave) break;
    serving = wanted > served ? wanted : 0;
  }
  const std::lock_guard lock(mutex);
  left = true;
  wake.notify_all();
}

void LiveZone::State::look(bool at_once) {
  const bool is_file = !setup.feed.file.empty();
  const auto known = zone->signal();
  bool asked = false;
  // A file costs nothing to read again, and in it each slot counts as observed once it has ended.
  const auto slot = [&](std::chrono::seconds step) {
    return now() - now().time_since_epoch() % step;
  };
  const std::chrono::seconds step =
      view && view->outlook ? view->outlook->expected.step() : std::chrono::seconds{300};
  const bool new_slot = !slot_seen || slot(step) != *slot_seen;
  if (!known || zone->next_poll() <= now() || (is_file && (new_slot || at_once))) {
    for (const FeedFault& fault : zone->poll()) {
      const std::string text = to_string(fault);
      if (text != last_fault) setup.warn(last_fault = text);
    }
    asked = true;
  }
  const FeedState feed_state = zone->state();
  if (!asked && !new_slot && !at_once && feed_state == state_seen) return;
  slot_seen = slot(step);
  state_seen = feed_state;
  refresh(feed_state);
}

void LiveZone::State::refresh(FeedState feed_state) {
  const auto signal = zone->signal();
  if (!signal) return;
  ZoneView fresh;
  fresh.signal = *signal;
  fresh.state = feed_state;
  fresh.outlook = zone->outlook();
  if (fresh.outlook) remember(fresh.outlook->expected);
  fresh.expected = expected;
  fresh.observed = store.observed(*signal, opened_at - 24h, now() + 1s, now());
  for (std::size_t i = 0; i < fresh.time_in.size(); ++i) {
    fresh.time_in[i] = zone->watch().time_in(static_cast<FeedState>(i));
  }
  auto shared = std::make_shared<const ZoneView>(std::move(fresh));
  const std::lock_guard lock(mutex);
  view = std::move(shared);
}

/// Keeps what is expected of the running slot; of a slot the last one counts.
void LiveZone::State::remember(const CarbonSeries& expected_now) {
  const auto value = expected_now.at(now());
  const auto slot = expected_now.slot_at(now());
  if (!value || !slot) return;
  const UtcTime start = expected_now.start_of(*slot);
  if (!expected.empty() && expected.back().start == start) expected.pop_back();
  expected.push_back({start, expected_now.step(), *value, SeriesMethod::Forecast, now()});
}

LiveZone::LiveZone(Setup setup, const Environment& environment, const Clock& clock)
    : state_(std::make_shared<State>(std::move(setup), environment, clock)) {
  std::thread([state = state_] { state->run(); }).detach();
}

LiveZone::~LiveZone() {
  std::unique_lock lock(state_->mutex);
  state_->leave = true;
  state_->wake.notify_all();
  state_->wake.wait_for(lock, kPatience, [&] { return state_->left; });
}

std::shared_ptr<const ZoneView> LiveZone::view() const {
  const std::lock_guard lock(state_->mutex);
  return state_->view;
}

std::shared_ptr<const ZoneView> LiveZone::last_view(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  const std::size_t mine = ++state_->wanted;
  state_->wake.notify_all();
  // A look that was under way when this one was asked for does not count.
  state_->wake.wait_for(lock, patience, [&] { return state_->served >= mine; });
  return state_->view;
}

std::optional<KnownCarbon> known_carbon(const ZoneView& view, UtcTime from, UtcTime to,
                                        UtcTime now) {
  std::chrono::seconds step = 24h;
  for (const auto* values : {&view.observed, &view.expected}) {
    for (const PublishedValue& value : *values) step = std::min(step, value.step);
  }
  const UtcTime start = from - from.time_since_epoch() % step;
  const auto slots = (std::max(to, from + 1s) - start + step - 1s) / step;
  if (static_cast<std::size_t>(slots) > CarbonSeries::kMaxSlots) {
    throw Error("the run is too long for slots of " + std::to_string(step.count()) + " s");
  }
  std::vector<std::optional<GramsPerKwh>> observed(static_cast<std::size_t>(slots));
  std::vector<std::optional<GramsPerKwh>> known = observed;
  const auto fill = [&](const std::vector<PublishedValue>& values, auto& into) {
    for (const PublishedValue& value : values) {
      for (UtcTime at = std::max(start, value.start); at < value.start + value.step; at += step) {
        const auto slot = static_cast<std::size_t>((at - start) / step);
        if (slot < into.size()) into[slot] = value.value;
      }
    }
  };
  fill(view.expected, known);
  fill(view.observed, known);
  fill(view.observed, observed);
  const auto series = [&](auto values, SeriesMethod method) {
    return CarbonSeries({view.signal, method, now, now, start, step, std::move(values)});
  };
  const bool nothing =
      std::none_of(known.begin(), known.end(), [](const auto& value) { return value.has_value(); });
  if (nothing) return std::nullopt;
  return KnownCarbon{series(std::move(known), SeriesMethod::Estimated),
                     series(std::move(observed), SeriesMethod::Measured)};
}

}  // namespace greentrain
