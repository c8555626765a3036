#include "trainer/cli/run_data.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace greentrain {
namespace {

std::uint64_t seed_of(const Config& config) { return static_cast<std::uint64_t>(config.run.seed); }

}  // namespace

Split make_split(const Config& config, const Dataset& data) {
  Split split = split_samples(data.size(), data.labels(),
                              {config.data.validation, config.data.test}, seed_of(config));
  const std::int64_t all = std::ssize(split.train);
  split.train = stratified_part(split.train, data.labels(), config.data.fraction, seed_of(config));
  split.unused = all - std::ssize(split.train);
  return split;
}

std::unique_ptr<BatchFeed> make_feed(Communicator& comm, const Config& config, const Dataset& data,
                                     const Split& split, Shares shares,
                                     const std::optional<InputStatistics>& statistics) {
  // What comes into an image from outside is the mean: nothing, once it is standardised.
  std::vector<float> fill(static_cast<std::size_t>(data.info().sample_shape.front()));
  if (statistics) {
    const at::Tensor mean = statistics->mean.contiguous();
    std::copy_n(mean.const_data_ptr<float>(), fill.size(), fill.begin());
  }
  const BatchFeed::Plan plan{config.train.batch_size, config.train.epochs, seed_of(config), shares};
  return std::make_unique<BatchFeed>(comm, data, split.train, config.data, plan, std::move(fill));
}

DataUse gather_data_use(Communicator& comm, const Dataset& data, Seconds waited, Seconds train) {
  std::vector<double> all_waited{waited.count()};
  comm.all_reduce(BufferView::of<double>(all_waited));
  std::vector<std::string> unreadable;
  const std::string mine = fmt::format("{}", fmt::join(data.unreadable(), "\n"));
  for (const std::string& names : all_gather_text(comm, mine)) {
    std::istringstream lines(names);
    for (std::string name; std::getline(lines, name);) unreadable.push_back(name);
  }
  return data_use(Seconds{all_waited.front()}, comm.size(), train, std::move(unreadable));
}

}  // namespace greentrain
