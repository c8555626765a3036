#include "trainer/models/freeze.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include "core/error.h"
#include "core/text.h"
#include "trainer/checkpoint/initial_weights.h"

namespace greentrain {
namespace {

/// "blocks", "blocks.0", "blocks.0.first" of "blocks.0.first.filter".
std::vector<std::string> prefixes_of(const torch::nn::Module& module) {
  std::set<std::string> prefixes;
  for (const auto& item : module.named_parameters()) {
    const std::string& name = item.key();
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
      prefixes.insert(name.substr(0, dot));
    }
  }
  return {prefixes.begin(), prefixes.end()};
}

std::string refusal(const torch::nn::Module& module, const std::string& prefix) {
  const auto known = prefixes_of(module);
  const auto guess = closest(prefix, known);
  std::vector<std::string> first;
  std::copy_if(known.begin(), known.end(), std::back_inserter(first),
               [](const auto& name) { return name.find('.') == std::string::npos; });
  return fmt::format(
      "model.freeze holds '{}', but no parameter is called so; expected names of layers, such as "
      "{}{}",
      prefix, fmt::join(first, ", "), guess ? "; did you mean '" + *guess + "'?" : "");
}

}  // namespace

void freeze(torch::nn::Module& module, const std::vector<std::string>& prefixes) {
  auto parameters = module.named_parameters();
  for (const std::string& prefix : prefixes) {
    bool found = false;
    for (auto& item : parameters) {
      if (!is_below(item.key(), prefix)) continue;
      item.value().requires_grad_(false);
      found = true;
    }
    if (!found) throw UsageError(refusal(module, prefix));
  }
  const bool trains = std::any_of(parameters.begin(), parameters.end(),
                                  [](const auto& item) { return item.value().requires_grad(); });
  if (!trains) {
    throw UsageError(fmt::format(
        "model.freeze is [{}], which leaves nothing to train; leave out the layers to be trained",
        fmt::join(prefixes, ", ")));
  }
}

}  // namespace greentrain
