#include "trainer/metrics/measure.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <ATen/ops/bincount.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

using Sums = std::span<double>;
using ConstSums = std::span<const double>;

void add_to(Sums sums, const at::Tensor& values) {
  const at::Tensor host = values.to(at::kCPU, at::kDouble).contiguous();
  const double* from = host.const_data_ptr<double>();
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += from[i];
}

// Of hits, one for each target of the batch.
void add_share(Sums sums, const at::Tensor& hits, const Batch& batch) {
  const auto targets_per_sample = static_cast<double>(hits.numel() / batch.samples);
  sums[0] += hits.sum().item<double>() / targets_per_sample;
}

auto put_mean(std::string name) {
  return [name](ConstSums sums, double samples, Evaluation& into) {
    into.metrics[name] = sums[0] / samples;
  };
}

void add_accuracy(const at::Tensor& outputs, const Batch& batch, Sums sums) {
  const at::Tensor hits = output_rows(outputs).argmax(-1).eq(batch.targets.flatten());
  add_share(sums, hits, batch);
}

void add_binary_accuracy(const at::Tensor& outputs, const Batch& batch, Sums sums) {
  add_share(sums, outputs.flatten(1).gt(0).eq(batch.targets.ge(0.5)), batch);
}

// [3, classes]: right, predicted, occurring.
void add_class_counts(const at::Tensor& outputs, const Batch& batch, Sums sums) {
  const auto classes = static_cast<std::int64_t>(sums.size() / 3);
  const at::Tensor found = output_rows(outputs).argmax(-1);
  const at::Tensor wanted = batch.targets.flatten();
  const at::Tensor right = wanted.masked_select(found.eq(wanted));
  const auto count = [&](const at::Tensor& of) {
    return at::bincount(of, {}, classes).narrow(0, 0, classes);
  };
  add_to(sums, at::stack({count(right), count(found), count(wanted)}));
}

void add_binary_counts(const at::Tensor& outputs, const Batch& batch, Sums sums) {
  const at::Tensor found = outputs.flatten(1).gt(0);
  const at::Tensor wanted = batch.targets.ge(0.5);
  add_to(sums, at::stack({found.logical_and(wanted).sum(0), found.sum(0), wanted.sum(0)}));
}

// Precision (of: predicted) or recall (of: occurring) of each class, and their mean.
void put_ratios(const std::string& name, ConstSums counts, std::size_t of, Evaluation& into) {
  const std::size_t classes = counts.size() / 3;
  double sum = 0;
  int known = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    if (counts[classes + i] == 0 && counts[2 * classes + i] == 0) continue;
    const double all = counts[of * classes + i];
    const double ratio = all > 0 ? counts[i] / all : 0;
    into.metrics[fmt::format("{}_{}", name, i)] = ratio;
    sum += ratio;
    ++known;
  }
  if (known > 0) into.metrics[name] = sum / known;
}

// [3, numbers]: sum of y, of y^2, of (y - f)^2.
void add_squares(const at::Tensor& outputs, const Batch& batch, Sums sums) {
  const at::Tensor y = batch.targets.to(at::kDouble);
  const at::Tensor error = y.sub(outputs.flatten(1));
  add_to(sums, at::stack({y.sum(0), y.square().sum(0), error.square().sum(0)}));
}

void put_r2(ConstSums sums, double samples, Evaluation& into) {
  const std::size_t numbers = sums.size() / 3;
  double sum = 0;
  for (std::size_t i = 0; i < numbers; ++i) {
    const double spread = sums[numbers + i] - sums[i] * sums[i] / samples;
    if (!(spread > 1e-12 * sums[numbers + i]))
      return;  // All the same: there is nothing to explain.
    sum += 1 - sums[2 * numbers + i] / spread;
  }
  into.metrics["r2"] = sum / static_cast<double>(numbers);
}

}  // namespace

Measure::Measure(const LossOptions& loss, const std::vector<std::string>& names,
                 const DatasetInfo& data)
    : loss_(loss, data), classes_(data.classes), text_(data.text) {
  const auto [least, most] = data.target_range;
  if (loss.type == LossType::Bce && !(least >= 0 && most <= 1)) {
    throw UsageError(
        fmt::format("{}: the targets lie between {} and {}, but train.loss.type: bce "
                    "expects numbers from 0 to 1",
                    data.name, least, most));
  }
  for (const std::string& name : std::set(names.begin(), names.end())) {
    if (const auto problem = metric_problem(name, loss.type, classes_)) {
      throw UsageError(data.name + ": " + *problem);
    }
    metrics_.push_back(*parse_metric(name));
  }
  plan();
}

void Measure::plan() {
  part(
      1,
      [this](const at::Tensor& outputs, const Batch& batch, Sums sums) {
        sums[0] += loss_.summed(outputs, batch).item<double>();
      },
      [](ConstSums sums, double samples, Evaluation& into) { into.loss = sums[0] / samples; });
  loss_.type() == LossType::Mse || loss_.type() == LossType::L1 ? plan_numbers() : plan_classes();
}

void Measure::plan_classes() {
  const bool binary = loss_.type() == LossType::Bce;
  part(1, binary ? add_binary_accuracy : add_accuracy, put_mean("accuracy"));
  if (wants(MetricKind::Precision) || wants(MetricKind::Recall)) {
    part(static_cast<std::size_t>(3 * classes_), binary ? add_binary_counts : add_class_counts,
         [this](ConstSums sums, double, Evaluation& into) {
           if (wants(MetricKind::Precision)) put_ratios("precision", sums, 1, into);
           if (wants(MetricKind::Recall)) put_ratios("recall", sums, 2, into);
         });
  }
  for (const Metric& metric : metrics_) {
    if (metric.kind != MetricKind::TopK) continue;
    const std::int64_t k = *metric.number;
    part(
        1,
        [k](const at::Tensor& outputs, const Batch& batch, Sums sums) {
          const at::Tensor best = std::get<1>(output_rows(outputs).topk(k));
          add_share(sums, best.eq(batch.targets.flatten().unsqueeze(1)).any(1), batch);
        },
        put_mean(fmt::format("top_{}", k)));
  }
  if (!binary && (text_ || wants(MetricKind::Perplexity))) plan_perplexity();
}

void Measure::plan_perplexity() {
  if (loss_.is_plain_cross_entropy()) {  // It is measured already.
    part(
        0, [](const at::Tensor&, const Batch&, Sums) {},
        [](ConstSums, double, Evaluation& into) {
          into.metrics["perplexity"] = std::exp(into.loss);
        });
    return;
  }
  part(
      1,
      [](const at::Tensor& outputs, const Batch& batch, Sums sums) {
        sums[0] += Loss::summed_cross_entropy(outputs, batch).item<double>();
      },
      [](ConstSums sums, double samples, Evaluation& into) {
        into.metrics["perplexity"] = std::exp(sums[0] / samples);
      });
}

void Measure::plan_numbers() {
  part(static_cast<std::size_t>(3 * classes_), add_squares, put_r2);
  part(
      1,
      [](const at::Tensor& outputs, const Batch& batch, Sums sums) {
        add_share(sums, batch.targets.sub(outputs.flatten(1)).abs(), batch);
      },
      put_mean("mae"));
}

bool Measure::wants(MetricKind kind) const {
  return std::ranges::find(metrics_, kind, &Metric::kind) != metrics_.end();
}

template <class Add, class Put>
void Measure::part(std::size_t count, Add adds, Put puts) {
  parts_.push_back({sums_, count, adds, puts});
  sums_ += count;
}

void Measure::add(const at::Tensor& outputs, const Batch& batch, std::span<double> sums) const {
  for (const Part& part : parts_) {
    part.add(outputs, batch, sums.subspan(part.begin, part.count));
  }
}

Evaluation Measure::evaluation(std::span<const double> sums, std::int64_t samples) const {
  Evaluation result;
  result.samples = samples;
  for (const Part& part : parts_) {
    part.put(sums.subspan(part.begin, part.count), static_cast<double>(samples), result);
  }
  return result;
}

std::vector<std::string> Measure::names() const {
  // Of two samples whose sums are all 1 nothing is undefined.
  const std::vector<double> ones(sums_, 1.0);
  std::vector<std::string> names;
  for (const auto& [name, value] : evaluation(ones, 2).metrics) names.push_back(name);
  return names;
}

}  // namespace greentrain
