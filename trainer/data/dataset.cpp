#include "trainer/data/dataset.h"

#include <ATen/ops/empty.h>

namespace greentrain {

bool is_readable(const Batch& batch, std::size_t row) {
  return !batch.weights.defined() || batch.weights.const_data_ptr<float>()[row] != 0;
}

at::Tensor& reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type) {
  const bool fits = tensor.defined() && tensor.sizes() == shape && tensor.scalar_type() == type;
  if (!fits) tensor = at::empty(shape, type);
  return tensor;
}

}  // namespace greentrain
