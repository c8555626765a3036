#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include <nccl.h>

#include "tests/comm/device/gpu_fake.h"

namespace {

using greentrain::fake_gpu::NcclFaults;

std::mutex mutex;
NcclFaults faults;
std::atomic<bool> network_broken{false};
std::atomic<int> overlapping{0};
std::atomic<int> aborted{0};
std::atomic<int> living{0};

struct Call {
  const float* input;
  float* output;
  std::size_t count;
};

/// Ranks that meet for one collective after the other.
struct Group {
  explicit Group(int ranks) : calls(static_cast<std::size_t>(ranks)) {}

  /// Called by the ranks' streams; the last one to come does the work of all.
  void meet(std::size_t rank, const Call& call, const std::atomic<bool>& gone,
            const std::function<void(const std::vector<Call>&)>& work) {
    std::unique_lock lock(mutex);
    const std::uint64_t round = rounds;
    calls[rank] = call;
    if (++arrived == calls.size() && !vanished) {
      work(calls);
      arrived = 0;
      ++rounds;
      changed.notify_all();
      return;
    }
    changed.wait(lock, [&] { return rounds != round || gone; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Call> calls;
  std::size_t arrived{0};
  std::uint64_t rounds{0};
  bool vanished{false};
};

std::map<std::uint64_t, std::shared_ptr<Group>> groups;  // By the id's number.
std::uint64_t ids = 0;

void reduce_scatter(const std::vector<Call>& calls) {
  std::vector<std::vector<float>> sums;
  for (std::size_t rank = 0; rank < calls.size(); ++rank) {
    std::vector<float> part(calls[rank].count);
    for (const Call& from : calls) {
      const float* input = from.input + rank * part.size();
      for (std::size_t i = 0; i < part.size(); ++i) part[i] += input[i];
    }
    sums.push_back(std::move(part));
  }
  for (std::size_t rank = 0; rank < calls.size(); ++rank) {  // Outputs may lie in inputs.
    std::ranges::copy(sums[rank], calls[rank].output);
  }
}

void all_gather(const std::vector<Call>& calls) {
  std::vector<float> all;
  for (const Call& from : calls) all.insert(all.end(), from.input, from.input + from.count);
  for (const Call& to : calls) std::ranges::copy(all, to.output);
}

}  // namespace

struct ncclComm {
  std::shared_ptr<Group> group;
  std::size_t rank{0};
  int polls_left{0};
  std::shared_ptr<std::atomic<bool>> gone{std::make_shared<std::atomic<bool>>(false)};
  std::atomic<int> callers{0};
};

namespace {

/// Two threads in NCCL at once are what the documentation forbids.
class OnlyCaller {
 public:
  explicit OnlyCaller(ncclComm_t comm) : comm_(comm) {
    if (comm_->callers++ > 0) ++overlapping;
  }
  ~OnlyCaller() { --comm_->callers; }

 private:
  ncclComm_t comm_;
};

ncclResult_t start(ncclComm_t comm, const Call& call, cudaStream_t stream,
                   const std::function<void(const std::vector<Call>&)>& work) {
  const OnlyCaller only(comm);
  if (comm->polls_left > 0) return ncclInvalidUsage;  // The call before is still in progress.
  {
    const std::lock_guard lock(mutex);
    comm->polls_left = faults.polls_until_ready;
  }
  greentrain::fake_gpu::enqueue(stream, [group = comm->group, rank = comm->rank, gone = comm->gone,
                                         call, work] { group->meet(rank, call, *gone, work); });
  return comm->polls_left > 0 ? ncclInProgress : ncclSuccess;
}

}  // namespace

namespace greentrain::fake_gpu {

void reset_nccl() {
  const std::lock_guard lock(mutex);
  faults = {};
  network_broken = false;
  overlapping = aborted = living = 0;
  groups.clear();
}

void set_nccl_faults(NcclFaults wanted) {
  const std::lock_guard lock(mutex);
  faults = wanted;
}

void break_network() { network_broken = true; }
int overlapping_nccl_calls() { return overlapping; }
int aborted_communicators() { return aborted; }
int living_communicators() { return living; }

}  // namespace greentrain::fake_gpu

extern "C" {

const char* ncclGetErrorString(ncclResult_t) { return "an error of the fake NCCL"; }
const char* ncclGetLastError(ncclComm_t) { return ""; }

ncclResult_t ncclGetVersion(int* version) {
  const std::lock_guard lock(mutex);
  *version = faults.loaded_version > 0 ? faults.loaded_version : NCCL_VERSION_CODE;
  return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  const std::lock_guard lock(mutex);
  ++ids;
  std::memcpy(id->internal, &ids, sizeof ids);
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  const std::lock_guard lock(mutex);
  if (config->blocking != 0) return ncclInvalidArgument;
  if (faults.failed_rank == rank) return ncclSystemError;
  std::uint64_t number = 0;
  std::memcpy(&number, id.internal, sizeof number);
  auto& group = groups[number];
  if (!group) group = std::make_shared<Group>(ranks);
  group->vanished = faults.peers_vanish;
  *comm = new ncclComm{group, static_cast<std::size_t>(rank), faults.polls_until_ready};
  ++living;
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* state) {
  const OnlyCaller only(comm);
  const std::lock_guard lock(mutex);
  *state = ncclSuccess;
  if (network_broken) {
    *state = ncclRemoteError;
  } else if (faults.never_ready) {
    *state = ncclInProgress;
  } else if (comm->polls_left > 0) {
    --comm->polls_left;
    *state = ncclInProgress;
  }
  return ncclSuccess;
}

ncclResult_t ncclReduceScatter(const void* input, void* output, std::size_t count, ncclDataType_t,
                               ncclRedOp_t, ncclComm_t comm, cudaStream_t stream) {
  return start(comm, {static_cast<const float*>(input), static_cast<float*>(output), count}, stream,
               reduce_scatter);
}

ncclResult_t ncclAllGather(const void* input, void* output, std::size_t count, ncclDataType_t,
                           ncclComm_t comm, cudaStream_t stream) {
  return start(comm, {static_cast<const float*>(input), static_cast<float*>(output), count}, stream,
               all_gather);
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  const OnlyCaller only(comm);
  const std::lock_guard lock(mutex);
  comm->polls_left = faults.polls_until_ready;
  return ncclInProgress;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  { const OnlyCaller only(comm); }
  --living;
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  {
    const OnlyCaller only(comm);
    const std::lock_guard lock(comm->group->mutex);
    *comm->gone = true;
    comm->group->changed.notify_all();
  }
  ++aborted;
  --living;
  delete comm;
  return ncclSuccess;
}

}  // extern "C"
