#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"

namespace greentrain {

/// What a run does with its plan.
enum class SchedulerPolicy { Pause, Observe };
template <>
inline constexpr auto enum_names<SchedulerPolicy> =
    std::array<std::string_view, 2>{"pause", "observe"};

/// What happens to a run that is not done at its deadline.
enum class AtDeadline { GoOn, Stop };
template <>
inline constexpr auto enum_names<AtDeadline> = std::array<std::string_view, 2>{"go_on", "stop"};

/// Section `scheduler`. Without a zone a run follows no plan.
struct SchedulerOptions {
  std::string zone;
  std::string feed;
  std::string file;
  std::string deadline;
  std::optional<std::chrono::milliseconds> slack;
  SchedulerPolicy policy{SchedulerPolicy::Pause};
  Fraction min_gain{0.03};
  std::optional<std::chrono::milliseconds> duration;
  Fraction margin{0.1};
  std::optional<Watts> paused_power;
  std::optional<Joules> energy_budget;
  AtDeadline at_deadline{AtDeadline::GoOn};
  std::chrono::milliseconds slot{std::chrono::minutes{15}};
  std::chrono::milliseconds check_every{std::chrono::seconds{5}};
  std::string store;

  bool enabled() const { return !zone.empty(); }

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("zone", zone,
          "Grid zone, such as DE: the run follows a carbon plan. Empty: it does not.");
    visit("feed", feed, "Where carbon intensities come from (docs/carbon.md); empty: by zone.");
    visit("file", file, "A file of carbon intensities in place of a feed.");
    visit("deadline", deadline,
          "By when training must be done: 18:00 (local, its next occurrence), 2026-12-01 18:00, or "
          "2026-12-01T18:00Z.");
    visit("slack", slack, "In place of a deadline: how much later than at once it may end.", 0ms,
          24h * 60);
    visit("policy", policy,
          "pause: waits in dirty hours. observe: only says what a pause would save.");
    visit("min_gain", min_gain, "Saving of what is left to emit, below which the plan stays.",
          Fraction{0.0}, Fraction{1.0});
    visit("duration", duration, "How long training takes, until its speed is measured.", 1s,
          24h * 365);
    visit("margin", margin,
          "The deadline is kept even if the rest takes this much longer than measured.",
          Fraction{0.0}, Fraction{10.0});
    visit(
        "paused_power", paused_power,
        "What all nodes draw in a pause, until that is measured; without it the first pause tells.",
        Watts{0.0}, Watts{1e9});
    visit("energy_budget", energy_budget, "Training stops when it has used so much.", Joules{0.0},
          Joules{1e15});
    visit("at_deadline", at_deadline, "stop: training ends at the deadline, done or not.");
    visit("slot", slot, "Grid of starts and pauses.", 1s, 24h);
    visit("check_every", check_every, "Time between two looks at the plan.", 50ms, 1h);
    visit("store", store,
          "File that keeps what feeds said; empty: carbon.sqlite in the user's data.");
  }
};

}  // namespace greentrain
