#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/data/dataset.h"
#include "trainer/metrics/loss.h"
#include "trainer/metrics/metric.h"

namespace greentrain {

/// Which metrics are measured, and how: each is a function of sums over samples, which ranks can
/// add up. Immutable.
///
/// Always measured are the loss and: accuracy; for text perplexity; for numbers r2 and mae. Of
/// classes, accuracy, precision and recall follow the output that is largest; of bce, each output
/// above probability 0.5. Precision and recall are scikit-learn's, with zero_division = 0: a class
/// that neither occurs nor is predicted has none and is left out of the mean. r2 is the mean over
/// the numbers of 1 - sum (y - f)^2 / sum (y - mean)^2. For text, samples are their tokens' mean.
class Measure {
 public:
  /// names: further metrics. Throws UsageError for one that does not exist for this loss and data.
  Measure(const LossOptions& loss, const std::vector<std::string>& names, const DatasetInfo& data);
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

  const Loss& loss() const { return loss_; }
  std::vector<std::string> names() const;     ///< Of what an Evaluation may hold, but the loss.
  std::size_t sums() const { return sums_; }  ///< How many there are.
  /// Adds a batch's to the sums, of which there are sums(), all 0 at first.
  void add(const at::Tensor& outputs, const Batch& batch, std::span<double> sums) const;
  Evaluation evaluation(std::span<const double> sums, std::int64_t samples) const;

 private:
  /// Sums of one kind and what they say.
  struct Part {
    std::size_t begin;
    std::size_t count;
    std::function<void(const at::Tensor&, const Batch&, std::span<double>)> add;
    std::function<void(std::span<const double>, double samples, Evaluation&)> put;
  };
  bool wants(MetricKind kind) const;
  void plan();
  void plan_classes();
  void plan_perplexity();
  void plan_numbers();
  template <class Add, class Put>
  void part(std::size_t count, Add adds, Put puts);

  Loss loss_;
  std::vector<Metric> metrics_;
  std::int64_t classes_;
  bool text_;
  std::vector<Part> parts_;
  std::size_t sums_{0};
};

}  // namespace greentrain
