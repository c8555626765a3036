#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace torch::nn {
class Module;
}

namespace greentrain {

/// Parameters and buffers by name, in the order of the names' bytes. They share the module's
/// memory.
std::map<std::string, at::Tensor> named_tensors(const torch::nn::Module& module);

/// SHA-256, as 64 hexadecimal digits, of all named_tensors(), one after the other, each as: the
/// name, a zero byte, the dtype as safetensors calls it ("F32"), a zero byte, the number of
/// dimensions and each size as 8 bytes, then the elements, row-major. All numbers little-endian.
/// The same on every device that holds the same bits.
std::string weights_sha256(const torch::nn::Module& module);

/// A copy of a module's weights, such as the best so far, on the module's device.
class WeightsSnapshot {
 public:
  void take(const torch::nn::Module& module);  ///< Replaces what was taken before.
  bool empty() const { return tensors_.empty(); }
  /// Writes the copy into the module's own memory. Throws Error when nothing was taken or the
  /// module has other tensors.
  void restore(torch::nn::Module& module) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace greentrain
