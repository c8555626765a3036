#include "trainer/data/dataset.h"

#include <ATen/ops/empty.h>

namespace greentrain {

bool is_readable(const Batch& batch, std::size_t row) {
  return !batch.weights.defined() || batch.weights.const_data_ptr<float>()[row] != 0;
}

std::int64_t count_readable(const Batch& batch) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < batch.samples; ++row) {
    count += is_readable(batch, static_cast<std::size_t>(row)) ? 1 : 0;
  }
  return count;
}

at::Tensor& reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type) {
  const bool fits = tensor.defined() && tensor.sizes() == shape && tensor.scalar_type() == type;
  if (!fits) tensor = at::empty(shape, type);
  return tensor;
}

}  // namespace greentrain
