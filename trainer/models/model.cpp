#include "trainer/models/model.h"

#include "core/error.h"
#include "trainer/models/layers.h"
#include "trainer/models/network.h"
#include "trainer/models/spec/families.h"

namespace greentrain {

Model::Model(const DatasetInfo& data) {
  if (data.text) return;
  input_ = register_module("input", std::make_shared<Standardization>(data.sample_shape));
}

void Model::set_standardization(const at::Tensor& mean, const at::Tensor& deviation) {
  if (!input_) throw Error("a model that reads tokens has no inputs to standardise");
  input_->set(mean, deviation);
}

at::Tensor Model::standardized(const at::Tensor& inputs) const { return input_->forward(inputs); }

ModelSpec spec_for(const ModelOptions& options, const DatasetInfo& data) {
  const SpecData shapes{data.name, data.sample_shape, data.classes, data.text};
  check_family(options, shapes);
  ModelSpec spec = expand(options);
  infer_shapes(spec, shapes);
  return spec;
}

std::shared_ptr<Model> make_model(const ModelOptions& options, const DatasetInfo& data) {
  return std::make_shared<Network>(spec_for(options, data), data, options.checkpoint_activations);
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace greentrain
