#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace torch::nn {
class Module;
}

namespace greentrain {

/// One parameter's place in a flat buffer.
struct ParameterSlice {
  std::string name;
  std::int64_t offset;  ///< In elements, a multiple of 16: parameters begin at 64 bytes.
  std::vector<std::int64_t> shape;
};

/// A module's parameters as views of one float32 buffer and their gradients as views of another,
/// so that ranks exchange one buffer and the optimizer makes one call. What lies between two
/// parameters is zero and stays so. The module must not move to another device afterwards, nor be
/// told to zero_grad() (it drops the views). One thread at a time.
class FlatParameters {
 public:
  /// Binds every parameter on the device it is on, keeping its values; gradients are zero. Throws
  /// Error when a parameter is not float32, or when they are on different devices.
  explicit FlatParameters(torch::nn::Module& module);
  FlatParameters(const FlatParameters&) = delete;
  FlatParameters& operator=(const FlatParameters&) = delete;

  at::Tensor& values() { return values_; }        ///< [elements]; writing changes the parameters.
  at::Tensor& gradients() { return gradients_; }  ///< [elements]; backward() adds to it.
  void zero_gradients();                          ///< Before each backward().
  const std::vector<ParameterSlice>& slices() const { return slices_; }

 private:
  at::Tensor values_;
  at::Tensor gradients_;
  std::vector<ParameterSlice> slices_;
};

}  // namespace greentrain
