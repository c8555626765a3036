#include "scheduler/plan/plan_policy.h"

#include <algorithm>

#include "scheduler/plan/baselines.h"

namespace greentrain {
namespace {

/// How many slots end by `time`.
std::size_t slots_before(const std::vector<PlanSlot>& slots, std::optional<UtcTime> time) {
  if (!time) return 0;
  const auto past = std::find_if(slots.begin(), slots.end(),
                                 [&](const auto& slot) { return slot.end() > *time; });
  return static_cast<std::size_t>(past - slots.begin());
}

std::size_t last_pause(const PlanBasis& basis, const PolicySettings& settings) {
  const PauseRight right = plan_rights(basis.state).pause;
  if (!settings.may_pause || right == PauseRight::No) return 0;
  return right == PauseRight::Yes ? PlanLimits::kAnySlot
                                  : slots_before(basis.slots, basis.provider_end);
}

PlanReason reason_of(DelayVerdict verdict) {
  switch (verdict) {
    case DelayVerdict::Worth:
      return PlanReason::Delayed;
    case DelayVerdict::GainTooSmall:
      return PlanReason::GainTooSmall;
    case DelayVerdict::TooFewDays:
      return PlanReason::TooFewDays;
    case DelayVerdict::NoSkill:
      return PlanReason::NoSkill;
  }
  return PlanReason::NoSkill;
}

/// Whether what waiting gains is enough; the forecast's skill counts where the state asks for it.
PlanReason judge(const PlanBasis& basis, const PolicySettings& settings, const Plan& at_once,
                 const Plan& best) {
  const Grams gain = at_once.grams - best.grams;
  if (plan_rights(basis.state).delay == DelayRight::OnLocalSkill) {
    return reason_of(worth_delaying(gain, at_once.grams, basis.skill, settings.minimum));
  }
  const bool enough = gain.value > 0 && gain >= settings.minimum.gain &&
                      gain >= at_once.grams * settings.minimum.share.value;
  return enough ? PlanReason::Delayed : PlanReason::GainTooSmall;
}

bool waits(const Plan& plan, const PlanBasis& basis) {
  return plan.start > basis.slots.front().start || plan.starts > 1;
}

/// Best of all starts, but past the provider's end only for a gain above the margin.
std::optional<Plan> best_plan(ExactPlanner& planner, const Job& job, const PlanBasis& basis,
                              const PolicySettings& settings) {
  const PlanLimits limits{PlanLimits::kAnySlot, last_pause(basis, settings)};
  auto best = planner.plan(job, basis.slots, limits);
  const bool margin = plan_rights(basis.state).delay == DelayRight::WithMarginPastProvider;
  if (!best || !margin) return best;
  const std::size_t known = slots_before(basis.slots, basis.provider_end);
  const std::size_t last = known == 0 ? 0 : known - 1;
  if (best->start <= basis.slots[last].start) return best;
  auto before = planner.plan(job, basis.slots, {last, limits.last_pause});
  if (!before) return best;
  const Grams margin_grams = before->grams * settings.edge_margin.value;
  return before->grams - best->grams > margin_grams ? best : before;
}

}  // namespace

PlanBasis make_basis(const Job& job, const Outlook& outlook, FeedState state, UtcTime now,
                     std::chrono::seconds step) {
  PlanBasis basis;
  const CarbonSeries& expected = outlook.expected;
  basis.slots = make_slots(std::max(now, job.release), planned_deadline(job), step,
                           [&](UtcTime from, UtcTime to) { return expected.mean(from, to); });
  basis.state = state;
  basis.provider_end = outlook.provider_end;
  basis.skill = outlook.skill;
  return basis;
}

std::optional<DecidedPlan> decide_plan(ExactPlanner& planner, const Job& job,
                                       const PlanBasis& basis, const PolicySettings& settings) {
  const auto now = run_now(job, basis.slots);
  if (!now) return std::nullopt;
  const std::size_t pauses = settings.may_pause ? PlanLimits::kAnySlot : 0;
  const bool begun = job.paused || job.running_nodes > 0;
  DecidedPlan decided{*now, PlanReason::Late, *now, *now, 0};
  decided.bound = planner.lower_bound(job, basis.slots, {PlanLimits::kAnySlot, pauses});
  if (const auto at_once = planner.plan(job, basis.slots, PlanLimits::run_at_once())) {
    decided.at_once = decided.plan = *at_once;
  }
  const auto best = best_plan(planner, job, basis, settings);
  if (!best) return decided;
  if (begun) {
    decided.plan = *best;
    decided.reason = waits(*best, basis) ? PlanReason::Delayed : PlanReason::AtOnceIsBest;
  } else if (!waits(*best, basis)) {
    decided.plan = best->cost <= decided.at_once.cost ? *best : decided.at_once;
    decided.reason = PlanReason::AtOnceIsBest;
  } else {
    decided.reason = judge(basis, settings, decided.at_once, *best);
    if (decided.reason == PlanReason::Delayed) decided.plan = *best;
  }
  return decided;
}

}  // namespace greentrain
