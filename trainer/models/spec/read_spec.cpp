#include "trainer/models/spec/read_spec.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/config/collect_options.h"
#include "core/config/reader/complaints.h"
#include "core/text.h"
#include "trainer/models/spec/layer_kinds.h"

namespace greentrain {
namespace {

constexpr const char* kSetting = "model.spec";
constexpr std::size_t kMostLayers = 100'000;

/// An argument of the structure itself, which no kind describes.
struct BlockOptions {
  std::int64_t repeat{1};
  template <class Visitor>
  void describe(Visitor& visit) {
    visit("repeat", repeat, "How often the block comes.", 1, 1000);
  }
};

std::vector<std::string> known_types() {
  std::vector<std::string> types;
  for (const LayerKind& kind : all_layer_kinds()) types.push_back(type_of({.kind = kind}));
  return types;
}

bool is_name(const std::string& text) {
  const auto is_safe = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
  return std::all_of(text.begin(), text.end(), is_safe) && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string::npos;
}

/// Whether the other words are arguments of a layer of this type, as dropout is one of attention.
bool explains(const std::string& type, const std::vector<std::string>& words) {
  LayerKind kind = *layer_kind(type);
  const OptionTable arguments = arguments_of(kind);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == type || arguments.find(word) != nullptr;
  });
}

class SpecReader {
 public:
  explicit SpecReader(std::vector<ConfigError>& errors) : errors_(errors) {}

  /// `prefix` goes before the numbers of layers without a name.
  std::vector<LayerSpec> read_layers(const YamlNode& list, const std::string& where,
                                     const std::string& prefix = "") {
    std::vector<LayerSpec> layers;
    if (list.kind != YamlNode::Kind::List) {
      complain(list, where + " is not a list, expected layers", "such as [{linear: 64}, relu]");
      return layers;
    }
    for (const YamlNode& element : list.elements) {
      const std::string index = std::to_string(&element - list.elements.data());
      read_layer(element, fmt::format("{}[{}]", where, index), prefix + index, layers);
    }
    return layers;
  }

  /// Weights of two layers must not have the same name.
  void check_names(const std::vector<LayerSpec>& layers) {
    std::map<std::string, std::string> owners;
    for_each_layer(layers, [&](const LayerSpec& layer, const std::string& path) {
      if (!has_weights(layer)) return;
      const auto [first, is_new] = owners.emplace(path, layer.where);
      if (is_new) return;
      errors_.push_back({layer.place,
                         fmt::format("{} is called '{}', but {} has that name already", layer.where,
                                     path, first->second),
                         "give it another name: {" + type_of(layer) + ": ..., name: ...}",
                         kSetting});
    });
  }

 private:
  void complain(const YamlNode& node, const std::string& message, const std::string& hint = "") {
    errors_.push_back({node.place, message, hint, kSetting});
  }

  void read_layer(const YamlNode& node, const std::string& where, const std::string& name,
                  std::vector<LayerSpec>& layers) {
    const auto kind = kind_of(node, where);
    if (!kind) return;
    LayerSpec layer{.kind = *kind, .name = name, .where = where, .place = node.place};
    std::int64_t repeat = 1;
    OptionTable arguments = arguments_of(layer.kind);
    std::set<std::string> given;
    for (const YamlEntry& entry : node.entries) {
      const std::string& key = entry.key.text;
      if (!given.insert(key).second) {
        complain(entry.key, fmt::format("{}: '{}' comes twice", where, key));
      } else if (key == "repeat" && layer.as<spec::Block>() != nullptr) {
        BlockOptions block;
        read_argument(collect_options(block).options[0], entry.value, where, layer.kind);
        repeat = block.repeat;
      } else {
        read_entry(layer, arguments, entry);
      }
    }
    check_required(arguments, layer, node, given);
    add(std::move(layer), repeat, layers, given.contains("repeat"));
  }

  std::optional<LayerKind> kind_of(const YamlNode& node, const std::string& where) {
    std::vector<std::string> keys{node.text};
    if (node.kind == YamlNode::Kind::Map) {
      keys.clear();
      for (const YamlEntry& entry : node.entries) keys.push_back(entry.key.text);
    } else if (node.kind != YamlNode::Kind::Scalar) {
      complain(node, where + " is no layer", "such as relu, or {linear: 64}");
      return std::nullopt;
    }
    std::vector<std::string> types;
    for (const std::string& key : keys) {
      const bool is_new = std::find(types.begin(), types.end(), key) == types.end();
      if (is_new && layer_kind(key)) types.push_back(key);
    }
    for (const std::string& type : types) {
      if (explains(type, types)) return layer_kind(type);
    }
    const auto known = known_types();
    const auto guess = keys.empty() ? std::nullopt : closest(keys[0], known);
    complain(
        node,
        types.empty()
            ? fmt::format("{} names no layer, expected {}", where, join_with_or(known))
            : fmt::format("{} is both {} and {}, expected one layer", where, types[0], types[1]),
        types.empty() && guess ? "did you mean '" + *guess + "'?" : "");
    return std::nullopt;
  }

  void read_entry(LayerSpec& layer, OptionTable& arguments, const YamlEntry& entry) {
    const std::string type = type_of(layer);
    const std::string& key = entry.key.text;
    const bool holds_layers = is_container(layer.kind);
    if (key == "name") {
      read_name(layer, entry.value);
    } else if (key == type && holds_layers) {
      layer.layers = read_layers(entry.value, layer.where + "." + type);
    } else if (key == "shortcut" && layer.as<spec::Residual>() != nullptr) {
      layer.shortcut = read_layers(entry.value, layer.where + ".shortcut", kShortcut);
    } else if (key == type && entry.value.kind == YamlNode::Kind::Null) {
      return;  // Its first argument has its default, or is given by name.
    } else if (key == type && !arguments.options.empty()) {
      read_argument(arguments.options[0], entry.value, layer.where, layer.kind);
    } else if (key == type) {
      complain(entry.value, fmt::format("{}: {} takes no number", layer.where, type));
    } else if (Option* option = arguments.find(key)) {
      read_argument(*option, entry.value, layer.where, layer.kind);
    } else {
      refuse_key(layer, arguments, entry.key);
    }
  }

  void refuse_key(const LayerSpec& layer, const OptionTable& arguments, const YamlNode& key) {
    std::vector<std::string> known = arguments.keys("");
    known.emplace_back("name");
    if (layer.as<spec::Block>() != nullptr) known.emplace_back("repeat");
    if (layer.as<spec::Residual>() != nullptr) known.emplace_back("shortcut");
    const auto guess = closest(key.text, known);
    complain(key,
             fmt::format("{}: {} has no argument '{}', expected {}", layer.where, type_of(layer),
                         key.text, join_with_or(known)),
             guess ? "did you mean '" + *guess + "'?" : "");
  }

  void read_name(LayerSpec& layer, const YamlNode& value) {
    const bool may_be_empty = is_container(layer.kind);
    if (value.kind == YamlNode::Kind::Scalar && is_name(value.text) &&
        (may_be_empty || !value.text.empty())) {
      layer.name = value.text;
      return;
    }
    complain(value, layer.where + ".name is no name, expected letters, digits, '_' and single dots",
             "such as blocks.0");
  }

  void read_argument(Option& option, const YamlNode& value, const std::string& where,
                     const LayerKind& kind) {
    const bool classes = may_be_classes(kind, option.path) && value.text == "classes";
    const bool null = value.kind == YamlNode::Kind::Null && option.is_optional;
    if (classes || null) {
      option.assign({});
      return;
    }
    Option shown = option;
    shown.path = where + "." + option.path;
    auto error = value.kind == YamlNode::Kind::Scalar ? check_scalar(shown, value)
                                                      : wrong_shape(shown, value);
    if (!error) {
      option.assign({value.text});
      return;
    }
    if (may_be_classes(kind, option.path)) error->message += ", or classes";
    error->path = kSetting;
    errors_.push_back(std::move(*error));
  }

  /// An argument whose default is outside its own range has none.
  void check_required(const OptionTable& arguments, const LayerSpec& layer, const YamlNode& node,
                      const std::set<std::string>& given) {
    const std::string type = type_of(layer);
    if (is_container(layer.kind) && layer.layers.empty() && node.kind == YamlNode::Kind::Scalar) {
      complain(node, label(layer) + " holds no layers", "such as {block: [{linear: 64}, relu]}");
    }
    for (const Option& option : arguments.options) {
      const bool is_first = &option == arguments.options.data();
      const bool is_given = given.contains(option.path) || (is_first && has_value(node, type));
      if (is_given || option.texts().empty() || !option.check(option.texts()[0])) continue;
      complain(
          node,
          fmt::format("{} has no {}, expected {}", label(layer), option.path, option.expected()),
          fmt::format("such as {{{}: 16}}", type));
    }
  }

  static bool has_value(const YamlNode& node, const std::string& key) {
    return std::any_of(node.entries.begin(), node.entries.end(), [&](const YamlEntry& entry) {
      return entry.key.text == key && entry.value.kind != YamlNode::Kind::Null;
    });
  }

  static std::string label(const LayerSpec& layer) {
    return fmt::format("{} ({})", layer.where, type_of(layer));
  }

  void add(LayerSpec layer, std::int64_t repeat, std::vector<LayerSpec>& layers, bool repeated) {
    std::size_t size = 0;
    for_each_layer(layer.layers, [&](const LayerSpec&, const std::string&) { ++size; });
    const bool had_room = count_ <= kMostLayers;
    count_ += (size + 1) * static_cast<std::size_t>(repeat);
    if (count_ > kMostLayers && had_room) {
      errors_.push_back(
          {layer.place,
           fmt::format("{} makes {} layers, expected at most {}", layer.where, count_, kMostLayers),
           "", kSetting});
    }
    if (count_ > kMostLayers) return;
    for (std::int64_t i = 0; i < repeat; ++i) {
      layers.push_back(layer);
      if (repeated) layers.back().name += (layer.name.empty() ? "" : ".") + std::to_string(i);
    }
  }

  std::vector<ConfigError>& errors_;
  std::size_t count_{0};
};

}  // namespace

ModelSpec read_spec(const YamlNode& list, std::vector<ConfigError>& errors) {
  SpecReader reader(errors);
  ModelSpec spec{reader.read_layers(list, kSetting)};
  if (spec.layers.empty() && errors.empty()) {
    errors.push_back({list.place, "model.spec is empty, expected layers",
                      "such as [{linear: 64}, relu, {linear: classes}]", kSetting});
  }
  reader.check_names(spec.layers);
  return spec;
}

}  // namespace greentrain
