#include "trainer/models/model.h"

#include "core/error.h"
#include "trainer/models/cnn.h"
#include "trainer/models/gpt.h"
#include "trainer/models/layers.h"
#include "trainer/models/mlp.h"
#include "trainer/models/resnet.h"

namespace greentrain {

Model::Model(const std::vector<std::int64_t>& sample_shape)
    : input_(register_module("input", std::make_shared<Standardization>(sample_shape))) {}

void Model::set_standardization(const at::Tensor& mean, const at::Tensor& deviation) {
  if (!input_) throw Error("a model that reads tokens has no inputs to standardise");
  input_->set(mean, deviation);
}

at::Tensor Model::standardized(const at::Tensor& inputs) const { return input_->forward(inputs); }

std::shared_ptr<Model> make_model(const ModelOptions& options, const DatasetInfo& data) {
  switch (options.type) {
    case ModelType::Mlp:
      return std::make_shared<Mlp>(options, data);
    case ModelType::Cnn:
      return std::make_shared<Cnn>(options, data);
    case ModelType::Resnet:
      return std::make_shared<Resnet>(options, data);
    case ModelType::Gpt:
      return std::make_shared<Gpt>(options, data);
  }
  throw Error("model.type has no model");
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace greentrain
