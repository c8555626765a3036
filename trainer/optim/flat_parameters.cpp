#include "trainer/optim/flat_parameters.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kBlock = BlockShards::kBlock;

// 64 bytes of float32: what AVX-512 and a cache line want. A parameter then lies as it does in
// memory of its own, so a model computes the same bits whether or not it is bound.
std::size_t aligned(std::size_t elements) { return (elements + 15) / 16 * 16; }

bool is_statistic(std::string_view name) {
  return name.ends_with("running_mean") || name.ends_with("running_var");
}

/// Statistics of normalisation that is not trained stay what they are on every rank.
bool is_frozen(const torch::OrderedDict<std::string, at::Tensor>& parameters,
               const std::string& statistic) {
  const auto* weight = parameters.find(statistic.substr(0, statistic.rfind('.') + 1) + "weight");
  return weight != nullptr && !weight->requires_grad();
}

void check(const ParameterSlice& slice, at::ScalarType type, at::Device device) {
  const at::Tensor& tensor = slice.tensor;
  const bool known = type == at::kFloat || type == at::kBFloat16;
  if (known && tensor.scalar_type() == type && tensor.device() == device) return;
  throw Error(fmt::format(
      "parameter {} is {} on {}, expected Float or BFloat16, like the others ({} on {})",
      slice.name, at::toString(tensor.scalar_type()), tensor.device().str(), at::toString(type),
      device.str()));
}

ElementType element_type_of(at::ScalarType type) {
  return type == at::kBFloat16 ? ElementType::BFloat16 : ElementType::Float32;
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& module) {
  std::set<const void*> seen;
  const auto add = [&](std::vector<ParameterSlice>& slices, const std::string& name,
                       const at::Tensor& tensor) {
    if (!seen.insert(tensor.unsafeGetTensorImpl()).second) return;
    slices.push_back({name, tensor, static_cast<std::int64_t>(shape_.elements)});
    const auto size = static_cast<std::size_t>(tensor.numel());
    shape_.parameters.push_back({shape_.elements, size});
    shape_.elements += aligned(size);
  };
  const auto named = module.named_parameters();
  for (const auto& item : named) {
    if (item.value().requires_grad()) add(parameters_, item.key(), item.value());
  }
  if (!parameters_.empty()) {
    type_ = parameters_.front().tensor.scalar_type();
    device_ = parameters_.front().tensor.device();
  }
  for (const ParameterSlice& slice : parameters_) check(slice, type_, device_);

  statistics_begin_ = (shape_.elements + kBlock - 1) / kBlock * kBlock;
  const std::size_t end_of_parameters = shape_.elements;
  shape_.elements = statistics_begin_;
  for (const auto& item : module.named_buffers()) {
    if (is_statistic(item.key()) && !is_frozen(named, item.key())) {
      add(statistics_, item.key(), item.value());
    }
    if (item.key().ends_with("num_batches_tracked")) {
      counts_.push_back({item.value(), item.value().item<std::int64_t>()});
    }
  }
  if (type_ == at::kBFloat16 && !statistics_.empty()) {
    throw Error(
        fmt::format("{} would be rounded to bfloat16, as the parameters are; expected "
                    "float32 parameters beside batch normalisation",
                    statistics_.front().name));
  }
  if (statistics_.empty()) shape_.elements = std::max<std::size_t>(1, end_of_parameters);
  shape_.gradients = element_type_of(type_);
  shape_.parameter_values = element_type_of(type_);
}

at::Tensor FlatParameters::copy_of_all() const {
  at::Tensor flat = at::zeros({static_cast<std::int64_t>(shape_.elements)}, type_);
  for (const auto* slices : {&parameters_, &statistics_}) {
    for (const ParameterSlice& slice : *slices) slice.in(flat).copy_(slice.tensor);
  }
  return flat;
}

void FlatParameters::bind(GradientExchange& exchange) {
  const at::NoGradGuard no_grad;
  const at::Tensor values = copy_of_all();
  shared_ = at::from_blob(exchange.parameters().data(), values.sizes(), values.options());
  const BlockShards& shards = exchange.shards();
  for (std::size_t block = shards.next_owned(0, exchange.owner()); block < shards.blocks();
       block += static_cast<std::size_t>(shards.owners())) {
    const auto begin = static_cast<std::int64_t>(block * kBlock);
    const auto size = static_cast<std::int64_t>(shards.block_size(block));
    shared_.narrow(0, begin, size).copy_(values.narrow(0, begin, size));
  }
  exchange.publish();
  if (device_.is_cuda()) on_device_ = shared_.to(device_);
  const at::Tensor& flat = on_device_.defined() ? on_device_ : shared_;
  for (ParameterSlice& slice : parameters_) slice.tensor.set_data(slice.in(flat));
}

void FlatParameters::bind(const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  shared_ = values;
  shared_.copy_(copy_of_all());
  for (ParameterSlice& slice : parameters_) slice.tensor.set_data(slice.in(shared_));
}

void FlatParameters::refresh() {
  const at::NoGradGuard no_grad;
  if (on_device_.defined()) on_device_.copy_(shared_);
}

void FlatParameters::updated() {
  refresh();
  for (BatchCount& count : counts_) ++count.batches;
  restore_statistics();
}

void FlatParameters::count_batch() {
  const at::NoGradGuard no_grad;
  for (BatchCount& count : counts_) count.tensor.fill_(++count.batches);
}

void FlatParameters::updated(std::size_t tensor) {
  if (tensor < parameters_.size()) return;  // The module computes with the exchange's memory.
  const at::NoGradGuard no_grad;
  ParameterSlice& slice = statistics_[tensor - parameters_.size()];
  slice.tensor.copy_(slice.in(shared_));
}

std::vector<std::size_t> FlatParameters::tensors_of(const torch::nn::Module& part) const {
  std::set<const void*> wanted;
  for (const auto& tensor : part.parameters()) wanted.insert(tensor.unsafeGetTensorImpl());
  for (const auto& tensor : part.buffers()) wanted.insert(tensor.unsafeGetTensorImpl());
  std::vector<std::size_t> tensors;
  std::size_t index = 0;
  for (const auto* slices : {&parameters_, &statistics_}) {
    for (const ParameterSlice& slice : *slices) {
      if (wanted.contains(slice.tensor.unsafeGetTensorImpl())) tensors.push_back(index);
      ++index;
    }
  }
  return tensors;
}

void FlatParameters::restore_statistics() {
  const at::NoGradGuard no_grad;
  for (ParameterSlice& slice : statistics_) slice.tensor.copy_(slice.in(shared_));
  for (BatchCount& count : counts_) count.tensor.fill_(count.batches);
}

void FlatParameters::release() {
  const at::NoGradGuard no_grad;
  for (ParameterSlice& slice : parameters_) slice.tensor.set_data(slice.tensor.detach().clone());
}

}  // namespace greentrain
