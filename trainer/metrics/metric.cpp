#include "trainer/metrics/metric.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/format.h"
#include "core/text.h"

namespace greentrain {
namespace {

struct MetricName {
  std::string_view name;  // Numbered ones end with the underscore before their number.
  MetricKind kind;
  bool numbered;
  bool classes;  // Of the losses over classes, of bce, or of the losses over numbers.
  bool bce;
  bool numbers;
};

constexpr auto kNames = std::to_array<MetricName>({
    {"loss", MetricKind::Loss, false, true, true, true},
    {"accuracy", MetricKind::Accuracy, false, true, true, false},
    {"top_", MetricKind::TopK, true, true, false, false},
    {"precision", MetricKind::Precision, false, true, true, false},
    {"recall", MetricKind::Recall, false, true, true, false},
    {"precision_", MetricKind::Precision, true, true, true, false},
    {"recall_", MetricKind::Recall, true, true, true, false},
    {"perplexity", MetricKind::Perplexity, false, true, false, false},
    {"r2", MetricKind::R2, false, false, false, true},
    {"mae", MetricKind::Mae, false, false, false, true},
});

std::optional<std::int64_t> to_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size() && error == std::errc() && value >= 0;
  return whole && std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

bool applies(const MetricName& name, LossType loss) {
  if (loss == LossType::CrossEntropy) return name.classes;
  return loss == LossType::Bce ? name.bce : name.numbers;
}

const MetricName* find_name(std::string_view name) {
  const auto found = std::ranges::find_if(kNames, [&](const MetricName& known) {
    if (!known.numbered) return known.name == name;
    return name.starts_with(known.name) && to_count(name.substr(known.name.size()));
  });
  return found == kNames.end() ? nullptr : &*found;
}

// "loss, accuracy, top_K (K from 1 to 10), ..."
std::string known_names(LossType loss, std::int64_t classes) {
  std::vector<std::string> names;
  for (const MetricName& known : kNames) {
    if (!applies(known, loss)) continue;
    std::string text(known.name);
    if (known.kind == MetricKind::TopK) {
      text += classes > 0 ? fmt::format("K (K from 1 to {})", classes) : "K (such as top_5)";
    } else if (known.numbered) {
      text += classes > 0 ? fmt::format("C (C from 0 to {})", classes - 1) : "C (C a class)";
    }
    names.push_back(std::move(text));
  }
  return join_with_or(names);
}

bool in_range(const Metric& metric, std::int64_t classes) {
  if (!metric.number) return true;
  if (metric.kind == MetricKind::TopK) {
    return *metric.number >= 1 && (classes == 0 || *metric.number <= classes);
  }
  return classes == 0 || *metric.number < classes;
}

}  // namespace

std::optional<double> Evaluation::value(const std::string& name) const {
  if (name == "loss") return loss;
  const auto found = metrics.find(name);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Metric> parse_metric(std::string_view name) {
  const MetricName* found = find_name(name);
  if (found == nullptr) return std::nullopt;
  if (!found->numbered) return Metric{found->kind};
  return Metric{found->kind, to_count(name.substr(found->name.size()))};
}

bool should_rise(MetricKind kind) {
  return kind != MetricKind::Loss && kind != MetricKind::Perplexity && kind != MetricKind::Mae;
}

std::string metric_text(const std::string& name, double value) {
  const auto metric = parse_metric(name);
  const bool share = metric && should_rise(metric->kind) && metric->kind != MetricKind::R2;
  return share ? fmt::format("{:.2f} %", 100 * value) : format_number(value);
}

std::optional<std::string> metric_problem(std::string_view name, LossType loss,
                                          std::int64_t classes) {
  const MetricName* found = find_name(name);
  const auto metric = parse_metric(name);
  if (found != nullptr && applies(*found, loss) && in_range(*metric, classes)) return std::nullopt;
  return fmt::format("there is no metric '{}' under train.loss.type {}; expected {}", name,
                     enum_name(loss), known_names(loss, classes));
}

std::string monitored_metric(std::string_view monitor) {
  constexpr std::string_view kPrefix = "validation_";
  return monitor.starts_with(kPrefix) ? std::string(monitor.substr(kPrefix.size())) : "";
}

}  // namespace greentrain
