#include "trainer/optim/host_update.h"

#include <utility>
#include <vector>

#include <ATen/ops/from_blob.h>

namespace greentrain {
namespace {

FlatParameters& bound(FlatParameters& parameters, GradientExchange& exchange) {
  parameters.bind(exchange);
  return parameters;
}

}  // namespace

HostUpdate::HostUpdate(Communicator& comm, const OptimizerOptions& options,
                       FlatParameters& parameters, GradientExchange& exchange, StepJudge judge)
    : comm_(comm),
      keeps_average_(options.average > 0),
      parameters_(bound(parameters, exchange)),
      exchange_(exchange),
      optimizer_(options, parameters_, exchange, std::move(judge)) {}

at::Tensor HostUpdate::gradients() {
  const auto elements = static_cast<std::int64_t>(parameters_.shape().elements);
  return at::from_blob(exchange_.gradients().data(), {elements}, parameters_.type());
}

void HostUpdate::begin_exchange(std::function<Record()> vote, CombineRecord combine) {
  exchange_.begin_step(vote(), combine, optimizer_);
}

void HostUpdate::finish_update() {
  optimizer_.finish_step();
  exchange_.publish();
  parameters_.updated();
}

void HostUpdate::swap_average() {
  if (!keeps_average_) return;
  comm_.barrier();  // Nobody reads the weights any more.
  optimizer_.swap_average();
  exchange_.publish();
  parameters_.refresh();
}

void HostUpdate::restore_snapshot() {
  optimizer_.restore_snapshot();
  exchange_.publish();
  parameters_.refresh();
  parameters_.restore_statistics();
}

// Rank 0 has timed the first steps; its choice is everybody's.
void HostUpdate::tune(std::span<const double> ready_seconds) {
  const ExchangeShape& shape = parameters_.shape();
  std::vector<std::int64_t> elements{static_cast<std::int64_t>(best_bucket_elements(
      shape.parameters, shape.elements, ready_seconds, exchange_.measured_cost()))};
  comm_.broadcast(BufferView::of<std::int64_t>(elements), 0);
  exchange_.set_bucket_elements(static_cast<std::size_t>(elements.front()));
}

}  // namespace greentrain
