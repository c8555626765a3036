#include "trainer/cli/first_model.h"

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/log.h"
#include "trainer/checkpoint/initial_weights.h"
#include "trainer/models/freeze.h"
#include "trainer/models/spec/head.h"
#include "trainer/run/run_directory.h"

namespace greentrain {
namespace {

std::filesystem::path weights_at(const std::string& path) {
  return std::filesystem::is_directory(path) ? RunDirectory::open(path).weights()
                                             : std::filesystem::path(path);
}

void start_from_file(Model& model, const ModelOptions& options) {
  const std::filesystem::path path = weights_at(options.init_from);
  std::vector<std::string> fresh;
  if (options.new_head) fresh.push_back(head_of(model.spec()));
  const bool strict = options.init_policy == InitPolicy::Strict;
  const auto left = load_initial_weights(model, path, fresh,
                                         strict ? Differences::Refused : Differences::Allowed);
  if (!left.empty()) {
    log_warning(fmt::format("{}: {} tensors do not fit the model and were left out:\n  {}",
                            path.string(), left.size(), fmt::join(left, "\n  ")));
  }
}

}  // namespace

std::shared_ptr<Model> make_first_model(const ModelOptions& options, const DatasetInfo& data,
                                        bool reads_weights) {
  auto model = make_model(options, data);
  if (!options.init_from.empty() && reads_weights) start_from_file(*model, options);
  freeze(*model, options.freeze);
  return model;
}

}  // namespace greentrain
