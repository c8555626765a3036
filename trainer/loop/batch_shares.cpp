#include "trainer/loop/batch_shares.h"

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace greentrain {
namespace {

std::int64_t divided_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

Shares share_workers(int rank, int ranks, const CommOptions& comm) {
  const auto workers = static_cast<int>(comm.virtual_workers);
  if (workers % ranks == 0) {
    const int count = workers / ranks;
    return {rank * count, count, workers};
  }
  std::vector<std::string> valid;
  for (int divisor = 1; divisor <= workers; divisor *= 2) valid.push_back(std::to_string(divisor));
  throw UsageError(
      fmt::format("{} ranks cannot share comm.virtual_workers, which is {}, evenly, "
                  "as comm.reduction: invariant asks; start {} ranks",
                  ranks, workers, join_with_or(valid)));
}

}  // namespace

Shares share_batch(int rank, int ranks, const TrainOptions& train, const CommOptions& comm) {
  if (train.batch_size < ranks) {
    throw UsageError(fmt::format(
        "train.batch_size is {} over all ranks, but there are {} ranks: expected at least one "
        "sample for each rank; set it to {}, the nearest that they can share, or start fewer ranks",
        train.batch_size, ranks, ranks));
  }
  if (comm.reduction == Reduction::Invariant) return share_workers(rank, ranks, comm);
  const std::int64_t mine = divided_up(train.batch_size, ranks);
  const auto count =
      train.micro_batch_size > 0 ? static_cast<int>(divided_up(mine, train.micro_batch_size)) : 1;
  return {rank * count, count, ranks * count};
}

}  // namespace greentrain
