#include "trainer/models/recompute.h"

#include <mutex>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "trainer/models/layers.h"

namespace greentrain {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sets the state of a device's default generator, and what it was before at the end.
class RandomState {
 public:
  RandomState(at::Device device, const at::Tensor& state) : device_(device), before_(of(device)) {
    set(state);
  }
  ~RandomState() { set(before_); }
  RandomState(const RandomState&) = delete;
  RandomState& operator=(const RandomState&) = delete;

  static at::Tensor of(at::Device device) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    const std::lock_guard lock(generator.mutex());
    return generator.get_state();
  }

 private:
  void set(const at::Tensor& state) const {
    at::Generator generator = at::globalContext().defaultGenerator(device_);
    const std::lock_guard lock(generator.mutex());
    generator.set_state(state);
  }

  at::Device device_;
  at::Tensor before_;
};

/// Autocast's settings for one kind of device, on this thread.
struct AutocastSettings {
  at::DeviceType device;
  bool is_enabled;
  at::ScalarType type;
  bool caches;

  static AutocastSettings of(at::DeviceType device) {
    return {device, at::autocast::is_autocast_enabled(device),
            at::autocast::get_autocast_dtype(device), at::autocast::is_autocast_cache_enabled()};
  }
  void set() const {
    at::autocast::set_autocast_enabled(device, is_enabled);
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::set_autocast_cache_enabled(caches);
  }
};

/// Computes as with the given settings, without the cache of casts, until its end.
class UncachedAutocast {
 public:
  explicit UncachedAutocast(AutocastSettings settings)
      : before_(AutocastSettings::of(settings.device)) {
    settings.caches = false;
    settings.set();
  }
  ~UncachedAutocast() { before_.set(); }
  UncachedAutocast(const UncachedAutocast&) = delete;
  UncachedAutocast& operator=(const UncachedAutocast&) = delete;

 private:
  AutocastSettings before_;
};

/// Gives buffers the values back that they have now.
class KeptBuffers {
 public:
  explicit KeptBuffers(const torch::nn::Module& module) : buffers_(module.buffers()) {
    for (const at::Tensor& buffer : buffers_) values_.push_back(buffer.clone());
  }
  ~KeptBuffers() {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(values_[i]);
  }
  KeptBuffers(const KeptBuffers&) = delete;
  KeptBuffers& operator=(const KeptBuffers&) = delete;

 private:
  std::vector<at::Tensor> buffers_;
  std::vector<at::Tensor> values_;
};

variable_list trained_parameters(const torch::nn::Module& module) {
  variable_list trained;
  for (at::Tensor& parameter : module.parameters()) {
    if (parameter.requires_grad()) trained.push_back(std::move(parameter));
  }
  return trained;
}

/// What backward needs besides the input.
struct FirstForward : torch::CustomClassHolder {
  FirstForward(Layer& recomputed, const at::Tensor& x)
      : layer(recomputed),
        needs_input_gradient(x.requires_grad()),
        random(RandomState::of(x.device())),
        autocast(AutocastSettings::of(x.device().type())) {}

  Layer& layer;
  bool needs_input_gradient;
  at::Tensor random;
  AutocastSettings autocast;
};

/// Parameters are inputs too, so that their gradients leave in the usual way, and so that there is
/// a backward when the layer's input needs none.
struct Recomputation : torch::autograd::Function<Recomputation> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, at::TensorList,
                            const c10::intrusive_ptr<FirstForward>& first) {
    context->save_for_backward({x});
    context->saved_data["first"] = c10::IValue::make_capsule(first);
    const UncachedAutocast uncached(first->autocast);
    return first->layer.forward(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["first"].toCapsule();
    auto& first = static_cast<FirstForward&>(*capsule);
    const at::Tensor x = context->get_saved_variables()[0].detach();
    x.requires_grad_(first.needs_input_gradient);
    const KeptBuffers kept(first.layer);  // To the end: backward looks at them.
    const at::Tensor y = forward_again(first, x);

    variable_list inputs = trained_parameters(first.layer);
    if (first.needs_input_gradient) inputs.insert(inputs.begin(), x);
    variable_list results = torch::autograd::grad({y}, inputs, gradients, /*retain_graph=*/false,
                                                  /*create_graph=*/false, /*allow_unused=*/true);
    if (!first.needs_input_gradient) results.insert(results.begin(), at::Tensor());
    results.emplace_back();  // The capsule's.
    return results;
  }

 private:
  static at::Tensor forward_again(const FirstForward& first, const at::Tensor& x) {
    const at::AutoGradMode with_gradients(true);
    const RandomState random(x.device(), first.random);
    const UncachedAutocast uncached(first.autocast);
    return first.layer.forward(x);
  }
};

}  // namespace

at::Tensor recomputed_forward(Layer& layer, const at::Tensor& x) {
  const variable_list parameters = trained_parameters(layer);
  if (!at::GradMode::is_enabled() || (parameters.empty() && !x.requires_grad())) {
    return layer.forward(x);
  }
  return Recomputation::apply(x, at::TensorList(parameters),
                              c10::make_intrusive<FirstForward>(layer, x));
}

}  // namespace greentrain
