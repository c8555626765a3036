#include "scheduler/cli/plan_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/format.h"
#include "scheduler/cli/local_time.h"
#include "scheduler/cli/terminal_plot.h"
#include "scheduler/plan/accounting.h"
#include "scheduler/plan/baselines.h"

namespace greentrain {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::round(value * 1000) / 1000; }

double percent_less(Grams base, Grams other) {
  return base.value > 0 ? 100 * (1 - other / base) : 0;
}

double gap_percent(const DecidedPlan& decided) {
  return decided.bound > 0 ? 100 * (decided.plan.grams.value / decided.bound - 1) : 0;
}

bool is_used(const SlotUse& use) { return (use.starting + use.running).count() > 0; }

struct Alternative {
  std::string name;
  std::optional<Plan> plan;
};

std::vector<Alternative> alternatives_of(const ExplainedPlan& plan) {
  const auto& [job, slots] = std::tie(plan.job, plan.basis.slots);
  std::vector<Alternative> all{{"run now", plan.decided.run_now},
                               {"best window", best_window(job, slots)},
                               {"cheapest slots", wait_awhile(job, slots)}};
  if (job.levels.size() > 1) {
    all.push_back({"best cap, now", best_static_level(job, slots)});
    all.push_back({"best window and cap", best_window_and_level(job, slots)});
  }
  return all;
}

std::vector<PlotSlot> plot_slots(const ExplainedPlan& plan) {
  std::vector<PlotSlot> slots;
  for (std::size_t slot = 0; slot < plan.basis.slots.size(); ++slot) {
    const PlanSlot& at = plan.basis.slots[slot];
    slots.push_back({at.start, at.known ? std::optional(at.intensity.value) : std::nullopt,
                     is_used(plan.decided.plan.uses[slot])});
  }
  return slots;
}

std::string when(UtcTime time) {
  return fmt::format("{} ({})", format_local(time), format_utc(time));
}

std::string carbon_lines(const ExplainedPlan& plan) {
  const DecidedPlan& decided = plan.decided;
  const Saving saving = saving_of(decided.run_now, decided.plan);
  const double share = percent_less(decided.run_now.grams, decided.plan.grams);
  std::string text;
  if (plan.knows_power) {
    text +=
        fmt::format("Carbon   {} CO2e, {:.1f} % less than {} if run now\n",
                    format_grams(decided.plan.grams), share, format_grams(decided.run_now.grams));
    text += fmt::format("Saved    {} by other hours, {} by less energy\n",
                        format_grams(saving.timing_effect), format_grams(saving.energy_effect));
    text += fmt::format(
        "Bound    no plan emits less than {} on this forecast: at most {:.2f} % "
        "could be gained\n",
        format_grams(Grams{decided.bound}), std::max(0.0, gap_percent(decided)));
  } else {
    text += fmt::format("Carbon   {:.1f} % less than if run now; --energy tells how much\n", share);
    text += fmt::format("Bound    no plan emits more than {:.2f} % less on this forecast\n",
                        std::max(0.0, gap_percent(decided)));
  }
  return text;
}

std::string alternatives_line(const ExplainedPlan& plan) {
  std::string line = "Others  ";
  for (const Alternative& other : alternatives_of(plan)) {
    if (!other.plan || other.name == "run now") continue;
    line += fmt::format(" {} {:+.1f} %,", other.name,
                        -percent_less(plan.decided.run_now.grams, other.plan->grams));
  }
  line.back() = '\n';
  return line;
}

std::string sources_line(const ExplainedPlan& plan) {
  std::string line = "Based on";
  if (plan.outlook.provider_end) {
    line +=
        fmt::format(" the provider's forecast up to {}", format_utc(*plan.outlook.provider_end));
  }
  if (!plan.outlook.local_model.empty()) {
    line += fmt::format("{} the local model {}", plan.outlook.provider_end ? ", then" : "",
                        plan.outlook.local_model);
  }
  const auto unknown = std::count_if(plan.basis.slots.begin(), plan.basis.slots.end(),
                                     [](const PlanSlot& slot) { return !slot.known; });
  if (unknown > 0) {
    line += fmt::format("; {} of {} slots are not known and count as the dirtiest", unknown,
                        plan.basis.slots.size());
  }
  if (line == "Based on") line += " a level without shape in time";
  return line + "\n";
}

Json slot_json(const ExplainedPlan& plan, std::size_t slot) {
  const PlanSlot& at = plan.basis.slots[slot];
  const SlotUse& use = plan.decided.plan.uses[slot];
  const Level& level = plan.job.levels[static_cast<std::size_t>(plan.decided.plan.levels[slot])];
  const Seconds used = use.saving + use.starting + use.running;
  return {
      {"start", format_utc(at.start)},
      {"end", format_utc(at.start + std::chrono::ceil<std::chrono::seconds>(used - Seconds{1e-6}))},
      {"level", level.name},
      {"power_w", number(level.power.value)},
      {"speed", level.speed},
      {"startup_s", number(use.starting.count())},
      {"run_s", number(use.running.count())},
      {"gco2_per_kwh", at.known ? number(at.intensity.value) : Json(nullptr)},
      {"joules", number(use.energy.value)},
      {"grams", number(use.grams.value)}};
}

Json plan_node(const ExplainedPlan& plan) {
  const Plan& chosen = plan.decided.plan;
  Json node{{"start", format_utc(chosen.start)},
            {"end", format_utc(chosen.end)},
            {"starts", chosen.starts},
            {"joules", number(chosen.energy.value)},
            {"grams", number(chosen.grams.value)},
            {"slots", Json::array()}};
  for (std::size_t slot = 0; slot < plan.basis.slots.size(); ++slot) {
    if (is_used(chosen.uses[slot])) node["slots"].push_back(slot_json(plan, slot));
  }
  return node;
}

Json vintage_json(const ExplainedPlan& plan, ZoneSession& session) {
  Json json{
      {"signal", to_string(plan.outlook.expected.signal())},
      {"provider_end",
       plan.outlook.provider_end ? Json(format_utc(*plan.outlook.provider_end)) : Json(nullptr)},
      {"local_model", plan.outlook.local_model}};
  if (const auto newest =
          session.store().newest(session.signal(), SeriesMethod::Forecast, session.now())) {
    json["generated_at"] = format_utc(newest->generated_at());
    json["retrieved_at"] = format_utc(newest->retrieved_at());
  }
  return json;
}

}  // namespace

std::string runs_line(const Plan& plan, const std::vector<PlanSlot>& slots) {
  std::string line;
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (!is_used(plan.uses[slot])) continue;
    const UtcTime from = slots[slot].start;
    while (slot + 1 < slots.size() && is_used(plan.uses[slot + 1])) ++slot;
    const UtcTime to = std::min(slots[slot].end(), plan.end);
    line += fmt::format("{}{} to {}", line.empty() ? "" : ", ", format_utc(from), format_utc(to));
  }
  return line;
}

std::string plan_text(ZoneSession& session, const ExplainedPlan& plan,
                      const CommandContext& context) {
  const Plan& chosen = plan.decided.plan;
  const CarbonSignal signal = session.signal();
  std::string text = fmt::format("{}  {} intensity, basis {}, by {}   {}   {}\n", signal.zone,
                                 enum_name(signal.kind), enum_name(signal.basis), signal.provider,
                                 enum_name(plan.basis.state), format_utc(session.now()));
  text += plot_bars(plot_slots(plan), {context.terminal.width, 8, wants_utf8(context.environment),
                                       context.terminal.color});
  text += "Bars: g/kWh, hours in UTC; the job runs in the full ones\n\n";
  text += fmt::format("Start    {}\nEnd      {}, deadline {}\n", when(chosen.start),
                      when(chosen.end), format_utc(plan.job.deadline));
  if (chosen.starts > 1) text += fmt::format("Runs     {}\n", runs_line(chosen, plan.basis.slots));
  text += carbon_lines(plan) + alternatives_line(plan) + sources_line(plan);
  return text + fmt::format("Reason   {}\n", enum_name(plan.decided.reason));
}

std::string plan_json(ZoneSession& session, const ExplainedPlan& plan) {
  const DecidedPlan& decided = plan.decided;
  const Saving saving = saving_of(decided.run_now, decided.plan);
  Json json{{"zone", session.zone().zone()},
            {"state", enum_name(plan.basis.state)},
            {"now", format_utc(session.now())},
            {"deadline", format_utc(plan.job.deadline)},
            {"latest_safe_start", format_utc(latest_safe_start(plan.job))},
            {"plan", plan_node(plan)},
            {"reason", enum_name(decided.reason)},
            {"grams", number(decided.plan.grams.value)},
            {"grams_run_now", number(decided.run_now.grams.value)},
            {"bound_grams", number(decided.bound)},
            {"gap_pct", number(std::max(0.0, gap_percent(decided)))},
            {"saving_pct", number(percent_less(decided.run_now.grams, decided.plan.grams))},
            {"timing_effect_grams", number(saving.timing_effect.value)},
            {"energy_effect_grams", number(saving.energy_effect.value)},
            {"idle_grams", number(saving.idle.value)},
            {"power_given", plan.knows_power},
            {"vintage", vintage_json(plan, session)}};
  for (const Alternative& other : alternatives_of(plan)) {
    if (!other.plan) continue;
    json["alternatives"].push_back({{"name", other.name},
                                    {"start", format_utc(other.plan->start)},
                                    {"end", format_utc(other.plan->end)},
                                    {"grams", number(other.plan->grams.value)}});
  }
  for (const FeedFault& fault : session.faults()) json["faults"].push_back(to_string(fault));
  return json.dump(1) + "\n";
}

}  // namespace greentrain
