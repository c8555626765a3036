#include "trainer/models/build_layers.h"

#include <utility>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include "core/error.h"

namespace greentrain {
namespace {

/// Only holds others.
class Scope final : public torch::nn::Module {};

using Layers = std::vector<std::shared_ptr<Layer>>;

at::Tensor through(const Layers& layers, at::Tensor x) {
  for (const auto& layer : layers) x = layer->forward(x);
  return x;
}

/// Of a block, or, with what it was given or what its shortcut makes of that added, of a residual.
class Container final : public Layer {
 public:
  explicit Container(bool adds) : adds_(adds) {}
  void set(Layers layers, Layers shortcut) {
    layers_ = std::move(layers);
    shortcut_ = std::move(shortcut);
  }
  at::Tensor forward(const at::Tensor& x) override {
    const at::Tensor y = through(layers_, x);
    return adds_ ? y + through(shortcut_, x) : y;
  }

 private:
  bool adds_;
  Layers layers_;
  Layers shortcut_;
};

/// The module that a name's last part belongs into.
std::shared_ptr<torch::nn::Module> child_scope(torch::nn::Module& scope, const std::string& part) {
  const auto children = scope.named_children();
  if (const auto* found = children.find(part)) return *found;
  return scope.register_module(part, std::make_shared<Scope>());
}

void register_at(torch::nn::Module& scope, const std::string& name,
                 const std::shared_ptr<torch::nn::Module>& module) {
  const std::size_t dot = name.find('.');
  if (dot != std::string::npos) {
    return register_at(*child_scope(scope, name.substr(0, dot)), name.substr(dot + 1), module);
  }
  std::string free = name;  // Layers without weights may share a name.
  while (scope.named_children().contains(free)) free += "_";
  scope.register_module(free, module);
}

std::shared_ptr<Layer> stateless(Stateless::Rule rule) {
  return std::make_shared<Stateless>(std::move(rule));
}

using Spec = const LayerSpec&;

std::shared_ptr<Layer> make(const spec::Linear& linear, Spec layer) {
  return std::make_shared<Linear>(linear, layer.inputs.shape.back());
}
std::shared_ptr<Layer> make(const spec::Conv& conv, Spec layer) {
  const std::int64_t inputs = layer.inputs.shape[0];
  if (conv.norm == spec::Norm::Batch) return std::make_shared<NormalizedConvolution>(conv, inputs);
  return std::make_shared<Convolution>(conv, inputs);
}
std::shared_ptr<Layer> make(const spec::BatchNorm& norm, Spec layer) {
  return std::make_shared<BatchNorm>(norm, layer.inputs.shape[0]);
}
std::shared_ptr<Layer> make(const spec::LayerNorm& norm, Spec layer) {
  return std::make_shared<LayerNorm>(norm, layer.inputs.shape.back());
}
std::shared_ptr<Layer> make(const spec::Relu&, Spec) {
  return stateless([](const at::Tensor& x, bool) { return at::relu(x); });
}
std::shared_ptr<Layer> make(const spec::Gelu& gelu, Spec) {
  const std::string curve(enum_name(gelu.approximate));
  return stateless([curve](const at::Tensor& x, bool) { return at::gelu(x, curve); });
}
std::shared_ptr<Layer> make(const spec::Dropout& dropout, Spec) {
  return stateless([share = dropout.share.value](const at::Tensor& x, bool is_training) {
    return at::dropout(x, share, is_training);
  });
}
std::shared_ptr<Layer> make(const spec::MaxPool& pool, Spec) {
  return stateless([pool](const at::Tensor& x, bool) {
    return at::max_pool2d(x, pool.size, pool.stride.value_or(pool.size), pool.padding);
  });
}
std::shared_ptr<Layer> make(const spec::MeanPool&, Spec layer) {
  const bool is_image = layer.inputs.shape.size() == 3;
  return stateless([is_image](const at::Tensor& x, bool) {
    return is_image ? x.mean({2, 3}) : x.mean(1);
  });
}
std::shared_ptr<Layer> make(const spec::Flatten&, Spec) {
  return stateless([](const at::Tensor& x, bool) { return x.flatten(1); });
}
std::shared_ptr<Layer> make(const spec::PadChannels& pad, Spec layer) {
  const std::int64_t added = pad.width - layer.inputs.shape[0];
  return stateless([added, stride = pad.stride](const at::Tensor& x, bool) {
    const auto kept = x.slice(2, 0, std::nullopt, stride).slice(3, 0, std::nullopt, stride);
    return at::constant_pad_nd(kept, {0, 0, 0, 0, added / 2, added - added / 2});
  });
}
std::shared_ptr<Layer> make(const spec::Positions& positions, Spec layer) {
  return std::make_shared<Positions>(positions, layer.inputs.shape[0], layer.inputs.shape[1]);
}
std::shared_ptr<Layer> make(const spec::Patches& patches, Spec layer) {
  return std::make_shared<Patches>(patches, layer.inputs.shape[0]);
}
std::shared_ptr<Layer> make(const spec::ClassToken&, Spec layer) {
  return std::make_shared<ClassToken>(layer.inputs.shape[1]);
}
std::shared_ptr<Layer> make(const spec::FirstToken&, Spec) {
  return stateless([](const at::Tensor& x, bool) { return x.select(1, 0); });
}
std::shared_ptr<Layer> make(const spec::Attention& attention, Spec layer) {
  return std::make_shared<Attention>(attention, layer.inputs.shape[1]);
}
std::shared_ptr<Layer> make(const auto&, Spec layer) {
  throw Error(label_of(layer) + " is made by the builder itself");
}

}  // namespace

std::vector<std::shared_ptr<Layer>> LayerBuilder::build(torch::nn::Module& scope,
                                                        const std::vector<LayerSpec>& layers) {
  std::vector<std::shared_ptr<Layer>> modules;
  for (const LayerSpec& layer : layers) modules.push_back(build_one(scope, layer));
  return modules;
}

std::shared_ptr<Layer> LayerBuilder::build_one(torch::nn::Module& scope, const LayerSpec& layer) {
  if (layer.as<spec::Block>() != nullptr || layer.as<spec::Residual>() != nullptr) {
    return container(scope, layer);
  }
  std::shared_ptr<Layer> module;
  if (const auto* embedding = layer.as<spec::Embedding>()) {
    module = embeddings_[layer.name] = std::make_shared<Embedding>(*embedding);
  } else if (const auto* tied = layer.as<spec::Tied>()) {
    module = std::make_shared<Tied>(embeddings_.at(tied->embedding));
  } else {
    module = std::visit([&](const auto& kind) { return make(kind, layer); }, layer.kind);
  }
  register_at(scope, layer.name, module);
  return module;
}

std::shared_ptr<Layer> LayerBuilder::container(torch::nn::Module& scope, const LayerSpec& layer) {
  const auto module = std::make_shared<Container>(layer.as<spec::Residual>() != nullptr);
  if (!layer.name.empty()) register_at(scope, layer.name, module);
  torch::nn::Module& owner = layer.name.empty() ? scope : *module;
  Layers layers = build(owner, layer.layers);
  Layers shortcut = build(owner, layer.shortcut);
  if (layer.name.empty()) {  // It knows its parameters, though others own their names.
    for (const Layers* each : {&layers, &shortcut}) {
      for (const auto& inner : *each) register_at(*module, "0", inner);
    }
  }
  module->set(std::move(layers), std::move(shortcut));
  return module;
}

}  // namespace greentrain
