#include "scheduler/cli/carbon_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/format.h"
#include "scheduler/cli/terminal_plot.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kAssumedLag = 2h;

std::string percent(Fraction part) { return fmt::format("{:.1f} %", 100 * part.value); }

PlotStyle style_of(const CommandContext& context) {
  return {context.terminal.width, 8, wants_utf8(context.environment), context.terminal.color};
}

std::string head(ZoneSession& session) {
  const CarbonSignal signal = session.signal();
  return fmt::format("{}  {} intensity, basis {}, by {}   {}   {}\n", signal.zone,
                     enum_name(signal.kind), enum_name(signal.basis), signal.provider,
                     enum_name(session.zone().state()), format_utc(session.now()));
}

/// Observed slots from a day ago on, then the expected ones, on the grid of the outlook.
std::vector<PlotSlot> plot_slots(const std::vector<PublishedValue>& observed,
                                 const std::optional<Outlook>& outlook, UtcTime now) {
  const KnownHistory history = learn_all(observed);
  const auto step = outlook ? outlook->expected.step() : history.step();
  const UtcTime begin = now - now.time_since_epoch() % step - 24h;
  const UtcTime end = outlook ? outlook->expected.end() : begin + 24h + step;
  std::vector<PlotSlot> slots;
  for (UtcTime slot = begin; slot < end; slot += step) {
    const auto seen = observed.empty() ? std::nullopt : history.at(slot);
    const auto expected = outlook ? outlook->expected.at(slot) : std::nullopt;
    const auto value = seen ? seen : expected ? std::optional(expected->value) : std::nullopt;
    slots.push_back({slot, value, seen.has_value()});
  }
  return slots;
}

std::string sources_line(const Outlook& outlook) {
  const auto count = [&](OutlookSource source) {
    return std::count(outlook.sources.begin(), outlook.sources.end(), source);
  };
  std::string line = "Expected from:";
  if (outlook.provider_end) {
    line += fmt::format(" the provider up to {}", format_utc(*outlook.provider_end));
  }
  if (count(OutlookSource::Local) > 0) {
    line += fmt::format("{} local model {} ({} slots)", outlook.provider_end ? ", then" : "",
                        outlook.local_model, count(OutlookSource::Local));
  }
  if (count(OutlookSource::Static) > 0) line += " the yearly average, which has no shape in time";
  if (count(OutlookSource::Unknown) > 0) {
    line += fmt::format("; {} slots are not known", count(OutlookSource::Unknown));
  }
  return line + "\n";
}

std::string skill_line(const Outlook& outlook) {
  if (!outlook.skill) return "Skill of the local forecast: not measured yet, too little history\n";
  const ForecastSkill& skill = *outlook.skill;
  return fmt::format(
      "Skill of the local forecast ({}, {} days): mean error {:.0f} g/kWh, {:+.0f} % over "
      "persistence; "
      "timing by it saved {} of {} possible\n",
      skill.model, skill.days, skill.mean_absolute_error.value, 100 * skill.skill_over_persistence,
      percent(skill.realised_saving), percent(skill.possible_saving));
}

std::string verdict_line(const ForecastSkill& skill) {
  // Any gain counts here: the question is the forecast, not the job.
  const DelayVerdict verdict = worth_delaying(Grams{1}, Grams{1}, skill, {});
  if (verdict == DelayVerdict::Worth) {
    return fmt::format("A job may be delayed on {}.\n", skill.model);
  }
  return fmt::format("No job is delayed on {}: {}.\n", skill.model, enum_name(verdict));
}

std::string where_values_are(ZoneSession& session) {
  const auto newest =
      session.store().newest(session.signal(), SeriesMethod::Measured, session.now());
  const std::string end = newest ? format_utc(newest->end()) : "an unknown time";
  return fmt::format(
      "No value within a day of {}: what is known ends at {}. --now TIME looks at it as it was "
      "then.\n",
      format_utc(session.now()), end);
}

}  // namespace

std::string show_text(ZoneSession& session, const std::vector<PublishedValue>& observed,
                      const std::optional<Outlook>& outlook, const CommandContext& context) {
  const std::string bars =
      plot_bars(plot_slots(observed, outlook, session.now()), style_of(context));
  if (bars.empty()) return head(session) + where_values_are(session);
  std::string text = head(session) + bars;
  text += "Bars: g/kWh, hours in UTC; full bars were observed, light ones are expected\n";
  if (!observed.empty()) {
    const PublishedValue& last = observed.back();
    text +=
        fmt::format("Last observed: {:.0f} g/kWh for the {} min from {} ({})\n", last.value.value,
                    last.step.count() / 60, format_utc(last.start), enum_name(last.method));
  }
  return outlook ? text + sources_line(*outlook) : text;
}

std::string forecast_text(ZoneSession& session, const Outlook& outlook,
                          const CommandContext& context) {
  std::string text = head(session);
  text += plot_bars(plot_slots({}, outlook, session.now() + 24h), style_of(context));
  text +=
      fmt::format("\n{:18} {:>6}  {:>11}  {}\n", "hour (UTC)", "g/kWh", "80 % within", "source");
  const CarbonSeries& expected = outlook.expected;
  const std::size_t per_hour =
      static_cast<std::size_t>(std::max<std::int64_t>(1, 1h / expected.step()));
  for (std::size_t slot = 0; slot < expected.size(); slot += per_hour) {
    const UtcTime start = expected.start_of(slot);
    const auto value = expected.mean(start, start + expected.step() * static_cast<int>(per_hour));
    if (!value) continue;
    const auto& range = outlook.ranges[slot];
    text += fmt::format(
        "{:18} {:6.0f}  {:>11}  {}\n", format_utc(start), value->value,
        range ? fmt::format("{:.0f} to {:.0f}", range->low.value, range->high.value) : "",
        enum_name(outlook.sources[slot]));
  }
  return text + sources_line(outlook) + skill_line(outlook);
}

SkillReport skill_report(ZoneSession& session, const CarbonSignal& signal, int horizon_hours) {
  const UtcTime now = session.now();
  const VintageStore& store = session.store();
  const auto published =
      in_order_of_retrieval(store.published(signal, UtcTime{}, now + 24h, now), kAssumedLag);
  BacktestSettings settings;
  settings.horizon = std::chrono::hours{horizon_hours};
  SkillReport report;
  report.models = backtest(published, local_models(), settings);
  const auto forecasts = store.retrieved(signal, SeriesMethod::Forecast, UtcTime{}, now);
  report.provider_forecasts = forecasts.size();
  std::vector<ForecastModel> with_provider{local_models()[0], local_models()[1],
                                           provider_model(forecasts)};
  const auto scored = backtest(published, with_provider, settings);
  if (!scored.empty()) report.models.push_back(scored.back());
  return report;
}

std::string skill_text(ZoneSession& session, const SkillReport& report) {
  std::string text = head(session);
  if (report.models.empty()) {
    return text + "No forecast could be tried: more than 7 days of observed values are needed\n";
  }
  text += fmt::format(
      "{} forecasts on {} days, against the values as they settled. Savings: of a 4 h job that may "
      "wait.\n\n",
      report.models[0].forecasts, report.models[0].days);
  text += fmt::format("{:15} {:>9} {:>7} {:>12} {:>15} {:>9} {:>9} {:>9} {:>9}\n", "model",
                      "error g", "bias g", "persistence", "seasonal-naive", "possible", "realised",
                      "at least", "in 80 %");
  for (const ForecastSkill& skill : report.models) {
    text += fmt::format("{:15} {:9.1f} {:+7.1f} {:+11.0f}% {:+14.0f}% {:>9} {:>9} {:>9} {:>9}\n",
                        skill.model, skill.mean_absolute_error.value, skill.bias.value,
                        100 * skill.skill_over_persistence, 100 * skill.skill_over_seasonal_naive,
                        percent(skill.possible_saving), percent(skill.realised_saving),
                        percent(skill.realised_at_least),
                        skill.coverage ? percent({*skill.coverage}) : "-");
  }
  text += "\n" + verdict_line(*best_of(report.models));
  if (report.provider_forecasts == 0) {
    text += "The provider's own forecast has not been stored yet and cannot be judged.\n";
  }
  return text;
}

}  // namespace greentrain
