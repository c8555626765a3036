#include "trainer/loop/products_in_float32.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <torch/library.h>

namespace greentrain {
namespace {

using Optional = std::optional<at::Tensor>;

// Torch's kernels for autocast on CPUs stand at the key AutocastCPU. These stand one key above, at
// that of devices which programs bring themselves, and so come first wherever the key is on.
constexpr auto kKey = c10::DispatchKey::AutocastPrivateUse1;

/// A weight and its rounded copy. The weight is held so that no other takes its place in memory.
struct Kept {
  at::Tensor weight;
  at::Tensor rounded;
};
thread_local std::unordered_map<const void*, Kept> kept_casts;

bool is_number(const at::Tensor& tensor) { return tensor.is_cpu() && tensor.is_floating_point(); }

// Rounded to autocast's type and back, in its graph: gradients are rounded as well.
at::Tensor round_now(const at::Tensor& tensor) {
  return tensor.to(at::autocast::get_autocast_dtype(at::kCPU)).to(at::kFloat);
}

at::Tensor rounded(const at::Tensor& tensor) {
  if (!is_number(tensor)) return tensor;
  const bool keep = at::autocast::is_autocast_cache_enabled() && tensor.is_leaf() &&
                    tensor.requires_grad() && !tensor.is_view();
  if (!keep) return round_now(tensor);
  Kept& kept = kept_casts[tensor.unsafeGetTensorImpl()];
  // One made without gradients is of no use where they are wanted.
  const bool usable =
      kept.rounded.defined() && (kept.rounded.requires_grad() || !at::GradMode::is_enabled());
  if (!usable) kept = {tensor, round_now(tensor)};
  return kept.rounded;
}

Optional rounded(const Optional& tensor) {
  return tensor && tensor->defined() ? Optional(rounded(*tensor)) : tensor;
}

/// Calls compute(): with autocast, of rounded operands in float32; else as it would have been.
template <class Plain, class InFloat32>
at::Tensor dispatch(const at::Tensor& x, Plain plain, InFloat32 in_float32) {
  const c10::impl::ExcludeDispatchKeyGuard not_again(kKey);
  if (!at::autocast::is_autocast_enabled(at::kCPU) || !is_number(x)) return plain();
  const c10::impl::ExcludeDispatchKeyGuard not_torchs(c10::DispatchKey::AutocastCPU);
  return in_float32().to(at::autocast::get_autocast_dtype(at::kCPU));
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const Optional& bias) {
  return dispatch(
      x, [&] { return at::linear(x, weight, bias); },
      [&] { return at::linear(rounded(x), rounded(weight), rounded(bias)); });
}

at::Tensor matmul(const at::Tensor& x, const at::Tensor& y) {
  return dispatch(
      x, [&] { return at::matmul(x, y); }, [&] { return at::matmul(rounded(x), rounded(y)); });
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Optional& bias,
                  c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                  c10::SymIntArrayRef dilation, c10::SymInt groups) {
  return dispatch(
      x, [&] { return at::conv2d_symint(x, weight, bias, stride, padding, dilation, groups); },
      [&] {
        return at::conv2d_symint(rounded(x), rounded(weight), rounded(bias), stride, padding,
                                 dilation, groups);
      });
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const Optional& mask, double dropout, bool causal, std::optional<double> scale,
                     bool grouped) {
  const auto compute = [&](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           const Optional& m) {
    return at::scaled_dot_product_attention(q, k, v, m, dropout, causal, scale, grouped);
  };
  return dispatch(
      query, [&] { return compute(query, key, value, mask); },
      [&] { return compute(rounded(query), rounded(key), rounded(value), rounded(mask)); });
}

}  // namespace

TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFallthrough());
}

TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, library) {
  library.impl("linear", TORCH_FN(linear));
  library.impl("matmul", TORCH_FN(matmul));
  library.impl("conv2d", TORCH_FN(conv2d));
  library.impl("scaled_dot_product_attention", TORCH_FN(attention));
}

void compute_products_in_float32(bool on) {
  c10::impl::tls_set_dispatch_key_included(kKey, on);
  c10::impl::tls_set_dispatch_key_excluded(kKey, !on);
}

void forget_float32_casts() { kept_casts.clear(); }

}  // namespace greentrain
