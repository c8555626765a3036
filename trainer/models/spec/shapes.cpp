#include "trainer/models/spec/shapes.h"

#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

using Shape = std::vector<std::int64_t>;

/// Follows one sample through the layers. The members outputs_of() are the rules of each kind; they
/// may fill in what the layer leaves to the data.
class ShapeInference {
 public:
  explicit ShapeInference(const SpecData& data) : data_(data) {}

  Activation through(std::vector<LayerSpec>& layers, Activation x) {
    for (LayerSpec& layer : layers) {
      layer.inputs = x;
      current_ = &layer;
      x = std::visit([&](auto& kind) { return outputs_of(kind, layer); }, layer.kind);
      layer.outputs = x;
      previous_ = &layer;
    }
    return x;
  }

  void check_logits(const ModelSpec& spec, const Activation& logits) {
    current_ = &spec.layers.back();
    const Shape wanted =
        data_.is_text ? Shape{data_.sample_shape.at(0), data_.classes} : Shape{data_.classes};
    const bool has_room = data_.is_text && logits.shape.size() == 2 &&
                          logits.shape[0] == wanted[0] && logits.shape[1] >= wanted[1];
    if (logits.is_text || (logits.shape != wanted && !has_room)) {
      fail(
          fmt::format("the last layer gives {}, but {} has {} {}, expected {}: end with {{linear: "
                      "classes}}",
                      to_string(logits), data_.name, data_.classes,
                      data_.is_text ? "tokens" : "classes", to_string({wanted, false})));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& text) const {
    throw UsageError(fmt::format("{}: {}", label_of(*current_), text));
  }

  /// "but gets [64] from model.spec[2] (flatten)".
  std::string found() const {
    return fmt::format("but gets {} from {}", to_string(current_->inputs),
                       previous_ == nullptr ? data_.name : label_of(*previous_));
  }

  const Shape& expect(std::size_t dimensions, const char* what) const {
    const Activation& in = current_->inputs;
    if (in.is_text || in.shape.size() != dimensions)
      fail(fmt::format("reads {}, {}", what, found()));
    return in.shape;
  }
  const Shape& image() const { return expect(3, "[channels, height, width]"); }
  const Shape& tokens() const { return expect(2, "[tokens, width]"); }
  const Activation& numbers() const {
    const Activation& in = current_->inputs;
    if (in.is_text || in.shape.empty())
      fail("reads numbers, " + found() + "; begin with embedding");
    return in;
  }

  void expect_inputs(const std::optional<std::int64_t>& inputs, std::int64_t given) const {
    if (inputs && *inputs != given) {
      fail(fmt::format("has inputs: {}, {}: {} inputs", *inputs, found(), given));
    }
  }

  Shape pooled(const Shape& in, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
               std::int64_t padding) const {
    Shape out{channels};
    for (const std::size_t i : {1, 2}) {
      if (in[i] + 2 * padding < kernel) {
        fail(
            fmt::format("needs {} pixels in each direction, {}, which has room for {} with its "
                        "border of {}",
                        kernel, found(), in[i] + 2 * padding, padding));
      }
      out.push_back((in[i] + 2 * padding - kernel) / stride + 1);
    }
    return out;
  }

  Activation outputs_of(spec::Linear& linear, const LayerSpec&) const {
    Activation x = numbers();
    expect_inputs(linear.inputs, x.shape.back());
    if (!linear.width) {
      linear.width = data_.classes;
      linear.weights.init = linear.weights.init.value_or(spec::Init::Small);
    }
    x.shape.back() = *linear.width;
    return x;
  }

  Activation outputs_of(const spec::Conv& conv, const LayerSpec&) const {
    const Shape& in = image();
    expect_inputs(conv.inputs, in[0]);
    if (in[0] % conv.groups != 0 || conv.width % conv.groups != 0) {
      fail(fmt::format("has {} groups, expected a divisor of its {} input and {} output channels",
                       conv.groups, in[0], conv.width));
    }
    return {pooled(in, conv.width, conv.kernel, conv.stride, conv.border())};
  }

  Activation outputs_of(const spec::MaxPool& pool, const LayerSpec&) const {
    const Shape& in = image();
    if (2 * pool.padding > pool.size) {
      fail(fmt::format("has padding {}, expected at most half of its size, {}", pool.padding,
                       pool.size));
    }
    return {pooled(in, in[0], pool.size, pool.stride.value_or(pool.size), pool.padding)};
  }

  Activation outputs_of(const spec::PadChannels& pad, const LayerSpec&) const {
    const Shape& in = image();
    if (pad.width < in[0]) {
      fail(fmt::format("gives {} channels, {}; expected no fewer", pad.width, found()));
    }
    return {{pad.width, (in[1] - 1) / pad.stride + 1, (in[2] - 1) / pad.stride + 1}};
  }

  Activation outputs_of(const spec::BatchNorm&, const LayerSpec&) const { return numbers(); }
  Activation outputs_of(const spec::LayerNorm&, const LayerSpec&) const { return numbers(); }
  Activation outputs_of(const spec::Relu&, const LayerSpec&) const { return numbers(); }
  Activation outputs_of(const spec::Gelu&, const LayerSpec&) const { return numbers(); }
  Activation outputs_of(const spec::Dropout&, const LayerSpec&) const { return numbers(); }

  Activation outputs_of(const spec::MeanPool&, const LayerSpec&) const {
    const Shape& in = numbers().shape;
    if (in.size() == 3) return {{in[0]}};
    return {{tokens()[1]}};
  }

  Activation outputs_of(const spec::Flatten&, const LayerSpec&) const {
    const Shape& in = numbers().shape;
    return {{std::accumulate(in.begin(), in.end(), std::int64_t{1}, std::multiplies())}};
  }

  Activation outputs_of(spec::Embedding& embedding, const LayerSpec& layer) {
    const Activation& in = layer.inputs;
    if (!in.is_text) fail("reads text, " + found() + "; set data.format: text, or leave it out");
    if (!embedding.count) embedding.count = data_.classes;
    if (*embedding.count < data_.classes) {
      fail(fmt::format("has room for {} tokens, but {} has {}", *embedding.count, data_.name,
                       data_.classes));
    }
    embeddings_[layer.name] = {embedding.width, *embedding.count};
    return {{in.shape.at(0), embedding.width}};
  }

  Activation outputs_of(const spec::Tied& tied, const LayerSpec&) const {
    const auto embedding = embeddings_.find(tied.embedding);
    if (embedding == embeddings_.end()) {
      fail(fmt::format("shares the vectors of '{}', expected the name of an embedding before it",
                       tied.embedding));
    }
    Activation x = numbers();
    const auto [width, count] = embedding->second;
    if (x.shape.back() != width) {
      fail(fmt::format("shares vectors of {} numbers with '{}', {}", width, tied.embedding,
                       found()));
    }
    x.shape.back() = count;
    return x;
  }

  Activation outputs_of(const spec::Positions&, const LayerSpec&) const { return {tokens()}; }

  Activation outputs_of(const spec::Patches& patches, const LayerSpec&) const {
    const Shape& in = image();
    if (in[1] % patches.size != 0 || in[2] % patches.size != 0) {
      fail(
          fmt::format("cuts squares of {} pixels, {}; expected a multiple of {} in height and "
                      "width",
                      patches.size, found(), patches.size));
    }
    return {{in[1] / patches.size * (in[2] / patches.size), patches.width}};
  }

  Activation outputs_of(const spec::ClassToken&, const LayerSpec&) const {
    const Shape& in = tokens();
    return {{in[0] + 1, in[1]}};
  }
  Activation outputs_of(const spec::FirstToken&, const LayerSpec&) const { return {{tokens()[1]}}; }

  Activation outputs_of(const spec::Attention& attention, const LayerSpec&) const {
    const Shape& in = tokens();
    if (in[1] % attention.heads != 0) {
      fail(fmt::format("has {} heads, {}; expected a width that is a multiple of them",
                       attention.heads, found()));
    }
    return {in};
  }

  Activation outputs_of(const spec::Block&, LayerSpec& layer) {
    return through(layer.layers, layer.inputs);
  }

  Activation outputs_of(const spec::Residual&, LayerSpec& layer) {
    const LayerSpec* before = previous_;
    const Activation body = through(layer.layers, layer.inputs);
    previous_ = before;
    const Activation kept = through(layer.shortcut, layer.inputs);
    current_ = &layer;
    if (body != kept) {
      fail(fmt::format(
          "its layers give {}, but its {} {}, expected the same shape: change a width "
          "or a stride, or give a shortcut such as [{{conv: {}, kernel: 1}}]",
          to_string(body), layer.shortcut.empty() ? "input, which is added, is" : "shortcut gives",
          to_string(kept), body.shape.front()));
    }
    return body;
  }

  const SpecData& data_;
  const LayerSpec* current_{nullptr};
  const LayerSpec* previous_{nullptr};
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> embeddings_;
};

}  // namespace

void infer_shapes(ModelSpec& spec, const SpecData& data) {
  ShapeInference inference(data);
  const Activation logits = inference.through(spec.layers, {data.sample_shape, data.is_text});
  inference.check_logits(spec, logits);
}

}  // namespace greentrain
