#include "trainer/run/receipt.h"

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/format.h"
#include "trainer/metrics/metric.h"

namespace greentrain {
namespace {

constexpr std::size_t kIndent = 12;  // Two spaces, the widest label, two spaces.
constexpr std::size_t kMostLines = 12;
constexpr std::size_t kWide = 80;  // Columns from which on kMostLines are enough.
constexpr double kWholeCoverage = 0.995;

struct Item {
  std::string label;
  std::string text;
  std::size_t most_lines{2};
};

std::string ending(const RunResult& result) {
  const std::string steps =
      fmt::format("after {} epoch{} and {} step{}", result.epochs, result.epochs == 1 ? "" : "s",
                  result.steps, result.steps == 1 ? "" : "s");
  if (result.stopped_by == "epochs") return "finished " + steps;
  if (result.stopped_by == "early_stopping") return "stopped early " + steps;
  if (result.stopped_by == "plan") return "stopped by its plan " + steps;
  if (result.stopped_by == "max_steps") return "stopped by train.max_steps " + steps;
  return fmt::format("stopped by {} {}", result.stopped_by, steps);
}

/// "97.8 % test, 97.4 % validation"; what is unknown is left out.
template <class Format>
std::string by_part(const std::optional<double>& test, const std::optional<double>& validation,
                    const Format& format) {
  std::vector<std::string> parts;
  if (test) parts.push_back(format(*test) + " test");
  if (validation) parts.push_back(format(*validation) + " validation");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string accuracy(const RunResult& result) {
  const std::string text =
      by_part(result.test_accuracy, result.validation_accuracy, format_percent);
  if (text.empty() || !result.best_step) return text;
  return fmt::format("{} ({} weights, of step {})", text, result.weights, *result.best_step);
}

std::string loss(const RunResult& result) {
  const std::string text = by_part(result.test_loss, result.validation_loss, format_number);
  if (text.empty() || !result.initial_validation_loss) return text;
  return fmt::format("{} (at the start {})", text, format_number(*result.initial_validation_loss));
}

// What has no line of its own; of single classes, only report.json tells.
std::string metrics(const RunResult& result) {
  std::vector<std::string> texts;
  const auto add = [&](const std::string& name, const auto& values, const char* part) {
    const auto found = values.find(name);
    if (found == values.end()) return std::string();
    return metric_text(name, found->second) + part;
  };
  for (const auto& [name, ignored] : result.validation_metrics) {
    const auto metric = parse_metric(name);
    const bool of_class = metric && metric->number && metric->kind != MetricKind::TopK;
    if (name == "accuracy" || of_class) continue;
    const std::string test = add(name, result.test_metrics, " test, ");
    texts.push_back(name + " " + test + add(name, result.validation_metrics, " validation"));
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string time(const RunTime& time) {
  const std::string total = format_duration(time.total);
  if (!time.to_first_step) return total;
  return fmt::format("{}, first step done {} after the launch", total,
                     format_duration(*time.to_first_step));
}

std::string sensors(const EnergyReport& report) {
  std::vector<std::string> names;
  for (const EnergyComponent& component : report.components) {
    if (std::ranges::find(names, component.sensor) == names.end()) {
      names.push_back(component.sensor);
    }
  }
  if (names.size() > 2) {
    names = {names.front(), fmt::format("{} more sensors", names.size() - 1)};
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string energy(const EnergyReport& report) {
  const Energy& total = report.total;
  if (total.quality == Quality::Unmeasured) return "unmeasured: no sensor delivered";
  const std::string from = sensors(report);
  std::string text = fmt::format("{} ({}, {}{}{}", format_joules(total.joules),
                                 format_interval(total.lo, total.hi), to_string(total.quality),
                                 from.empty() ? "" : ": ", from);
  if (total.covered_fraction < kWholeCoverage) {
    text += fmt::format("; {} of the time covered", format_percent(total.covered_fraction));
  }
  return text + ")";
}

std::string carbon(const CarbonFootprint& footprint) {
  return fmt::format("{} CO2e ({}) at {} g/kWh: {}", format_grams(footprint.grams),
                     format_interval(footprint.lo, footprint.hi),
                     format_number(footprint.intensity.value), footprint.source);
}

std::string target(const TargetReached& target) {
  const std::string what = target.metric + " " + format_number(target.target);
  if (!target.reached) return what + " was not reached";
  const Energy& energy = target.reached->energy.total;
  const std::string when = fmt::format("{} at step {}, {}", what, target.reached->step,
                                       format_duration(target.reached->time));
  if (energy.quality == Quality::Unmeasured) return when + ", unmeasured";
  return fmt::format("{}: {} ({}, {})", when, format_joules(energy.joules),
                     format_interval(energy.lo, energy.hi), to_string(energy.quality));
}

std::string saving(const SavingEstimate& estimate) {
  return fmt::format("{} by early stopping, {} step{} not run (an estimate)",
                     format_interval(estimate.lo, estimate.hi), estimate.steps_avoided,
                     estimate.steps_avoided == 1 ? "" : "s");
}

std::string counted(std::int64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string wasted(const WastedCost& cost) {
  std::string text = cost.lo && cost.hi ? format_interval(*cost.lo, *cost.hi) + " in " : "";
  text += counted(cost.skipped + cost.undone, "step");
  text += fmt::format(" without use: {} skipped", cost.skipped);
  if (cost.rollbacks > 0) {
    text += fmt::format(", {} undone by {}", cost.undone, counted(cost.rollbacks, "rollback"));
  }
  return text + (cost.lo ? " (an estimate)" : "");
}

std::string waiting(const WaitingCost& cost) {
  const std::string joules = cost.hi ? fmt::format(" (at most {})", format_joules(*cost.hi)) : "";
  return fmt::format("; ranks waited {} of it{}, mostly for rank {}", format_percent(cost.share),
                     joules, cost.slowest_rank);
}

/// Nothing where there is nothing to mend.
std::string data(const DataUse& use) {
  constexpr double kWorthALine = 0.01;
  if (use.unreadable == 0 && use.share < kWorthALine) return "";
  std::string text = fmt::format("waited {} for samples, {} of the time in steps",
                                 format_duration(use.waited), format_percent(use.share));
  if (use.unreadable == 0) return text;
  return text + fmt::format("; {} that cannot be read left out: {}{}", use.unreadable,
                            fmt::join(use.names, ", "),
                            use.unreadable > std::ssize(use.names) ? ", ..." : "");
}

std::string pruning(const PruningSaving& saving) {
  const std::string what = fmt::format("by {}, {} of the samples left out (an estimate)",
                                       saving.method, format_percent(saving.share));
  return saving.lo ? format_interval(*saving.lo, *saving.hi) + " " + what : what;
}

/// Of a run that was started anew: what is in the energy above.
std::string earlier(const EarlierEnergy& cost) {
  std::string text = counted(cost.attempts, "earlier attempt");
  if (cost.energy.quality != Quality::Unmeasured) {
    text += fmt::format(" in it: {} ({})", format_joules(cost.energy.joules),
                        format_interval(cost.energy.lo, cost.energy.hi));
  }
  if (cost.wasted.quality == Quality::Unmeasured) return text;
  return text + fmt::format("; {} without use, on {} done again", format_joules(cost.wasted.joules),
                            counted(cost.repeated_steps, "step"));
}

std::vector<Item> items(const RunReport& report, const std::filesystem::path& run_directory) {
  std::vector<Item> list{
      {"accuracy", accuracy(report.result)},
      {"loss", loss(report.result)},
      {"metrics", metrics(report.result)},
      {"time", time(report.time) + (report.waiting ? waiting(*report.waiting) : ""), 1},
      {"data", report.data ? data(*report.data) : ""},
      {"energy", energy(report.energy)}};
  if (!report.energy.excludes.empty()) {
    list.push_back({"", fmt::format("not seen: {}", fmt::join(report.energy.excludes, ", "))});
  }
  if (report.energy.earlier) list.push_back({"", earlier(*report.energy.earlier)});
  if (report.carbon) list.push_back({"carbon", carbon(*report.carbon)});
  if (report.plan) list.push_back({"plan", to_text(*report.plan), 3});
  if (report.target) list.push_back({"target", target(*report.target)});
  list.push_back({"stopped", report.result.stopping_reason.value_or("")});
  if (report.early_stopping) list.push_back({"saved", saving(*report.early_stopping)});
  if (report.pruning) {
    list.push_back({report.early_stopping ? "" : "saved", pruning(*report.pruning)});
  }
  if (report.wasted) list.push_back({"wasted", wasted(*report.wasted)});
  list.push_back({"files", fmt::format("{}/ with report.json, {}.safetensors",
                                       run_directory.string(), report.result.weights)});
  std::erase_if(list, [](const Item& item) { return item.text.empty(); });
  return list;
}

/// The text in lines of at most `width` columns, broken between words; a longer word stays whole.
/// What does not fit into `most` lines is left to report.json.
std::vector<std::string> broken(const std::string& text, std::size_t width, std::size_t most) {
  std::vector<std::string> lines{""};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    std::string& line = lines.back();
    if (line.empty() || line.size() + 1 + word.size() <= width) {
      line += (line.empty() ? "" : " ") + word;
    } else if (lines.size() < most) {
      lines.push_back(word);
    } else {
      line = line.substr(0, width - 4) + " ...";
      break;
    }
  }
  return lines;
}

/// Some items in lines of their own. Where that makes too many, the last ones lose their second
/// lines first, and then metrics go, which report.json has.
std::vector<Item> fitting(std::vector<Item> list, std::size_t width) {
  const auto count = [&] {
    std::size_t lines = 1;  // The title.
    for (const Item& item : list) lines += broken(item.text, width, item.most_lines).size();
    return lines;
  };
  for (std::size_t i = list.size(); count() > kMostLines && i-- > 0;) list[i].most_lines = 1;
  if (count() > kMostLines) {
    std::erase_if(list, [](const Item& item) { return item.label == "metrics"; });
  }
  return list;
}

std::string styled(const std::string& text, const char* style, const Terminal& terminal) {
  return terminal.color ? style + text + "\033[0m" : text;
}

}  // namespace

std::string receipt(const RunReport& report, const std::filesystem::path& run_directory,
                    const Terminal& terminal) {
  const auto columns = static_cast<std::size_t>(std::max(terminal.width, 40));
  const std::size_t width = terminal.interactive ? columns - kIndent : std::string::npos;
  std::string text = styled(report.name + ": " + ending(report.result), "\033[1m", terminal) + "\n";
  std::vector<Item> list = items(report, run_directory);
  if (terminal.interactive && columns >= kWide) list = fitting(std::move(list), width);
  for (const Item& item : list) {
    std::string label = fmt::format("  {:{}}", item.label, kIndent - 2);
    for (const std::string& line : broken(item.text, width, item.most_lines)) {
      text += styled(label, "\033[2m", terminal) + line + "\n";
      label.assign(kIndent, ' ');
    }
  }
  return text;
}

}  // namespace greentrain
