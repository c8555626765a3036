#include "comm/device/nccl_communicator.h"

#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nccl.h>

#include "comm/rank_errors.h"
#include "core/error.h"
#include "core/log.h"

namespace greentrain {
namespace {

std::string version_text(int version) {  // Since 2.9: 22809 is 2.28.9.
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

int loaded_version() {
  int version = 0;
  if (ncclGetVersion(&version) != ncclSuccess) throw Error("NCCL does not say which version it is");
  return version;
}

void check_version() {
  const int version = loaded_version();
  if (version >= NCCL_VERSION_CODE) return;
  throw Error(fmt::format(
      "NCCL is {}, but this greentrain was built for {}. Expected that or a newer one: it is the "
      "first libnccl.so.2 on the library path, the same that libtorch uses",
      version_text(version), version_text(NCCL_VERSION_CODE)));
}

bool accepted(int result) { return result == ncclSuccess || result == ncclInProgress; }

std::string describe(const char* what, int result, ncclComm* comm) {
  return fmt::format("NCCL: {}: {}. {}", what,
                     ncclGetErrorString(static_cast<ncclResult_t>(result)), ncclGetLastError(comm));
}

// Waits without burning a core; a collective is taken in within microseconds.
void pause() { std::this_thread::sleep_for(std::chrono::microseconds(20)); }

std::string own_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void throw_together(Communicator& world, const std::string& problem) {
  throw_if_any_failed(world, problem.empty() ? std::nullopt : std::optional(problem),
                      ExitCode::Failure);
}

ncclUniqueId agree_on_id(Communicator& world) {
  ncclUniqueId id{};
  throw_together(world, own_error([&] {
                   check_version();
                   if (world.rank() != 0) return;
                   const int result = ncclGetUniqueId(&id);
                   if (result != ncclSuccess)
                     throw Error(describe("making an id", result, nullptr));
                 }));
  world.broadcast({&id, sizeof id, ElementType::UInt8}, 0);
  return id;
}

}  // namespace

NcclCommunicator::NcclCommunicator(Communicator& world, const Clock& clock, Limits limits)
    : clock_(clock), limits_(limits), rank_(world.rank()), size_(world.size()) {
  try {
    join(world);
  } catch (...) {
    abort();
    throw;
  }
}

void NcclCommunicator::join(Communicator& world) {
  const ncclUniqueId id = agree_on_id(world);
  const std::string problem = own_error([&] {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    const int result = ncclCommInitRankConfig(&comm_, size_, id, rank_, &config);
    if (!accepted(result)) throw Error(describe("joining", result, comm_));
    settle("joining", limits_.setup);
  });
  if (!problem.empty()) abort();  // Which those that still join may notice.
  throw_together(world, problem);
}

NcclCommunicator::~NcclCommunicator() {
  try {
    leave();
  } catch (const std::exception& error) {
    log_warning(error.what());
  }
  abort();  // Does nothing when all have left.
}

void NcclCommunicator::leave() {
  if (failure()) return;
  submit("leaving", [&] { return ncclCommFinalize(comm_); });
  const std::lock_guard lock(mutex_);
  const int result = ncclCommDestroy(std::exchange(comm_, nullptr));
  if (result != ncclSuccess) throw Error(describe("leaving", result, nullptr));
}

void NcclCommunicator::reduce_scatter(const float* input, float* output, std::size_t count,
                                      DeviceStream stream) {
  submit("summing gradients", [&] {
    return ncclReduceScatter(input, output, count, ncclFloat32, ncclSum, comm_, stream);
  });
}

void NcclCommunicator::all_gather(const float* input, float* output, std::size_t count,
                                  DeviceStream stream) {
  submit("gathering parameters",
         [&] { return ncclAllGather(input, output, count, ncclFloat32, comm_, stream); });
}

void NcclCommunicator::submit(const char* what, const std::function<int()>& call) {
  {
    const std::lock_guard lock(mutex_);
    if (comm_ == nullptr) throw Error(fmt::format("NCCL: {}: this rank gave up before", what));
    const int result = call();
    if (!accepted(result)) throw Error(describe(what, result, comm_));
  }
  settle(what, limits_.call);
}

void NcclCommunicator::settle(const char* what, Seconds limit) {
  const auto begin = clock_.now();
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (comm_ == nullptr) throw Error(fmt::format("NCCL: {}: this rank gave up meanwhile", what));
      ncclResult_t state = ncclSuccess;
      const int result = ncclCommGetAsyncError(comm_, &state);
      if (result != ncclSuccess) throw Error(describe(what, result, comm_));
      if (state == ncclSuccess) return;
      if (state != ncclInProgress) throw Error(describe(what, state, comm_));
    }
    if (clock_.now() - begin > limit) {
      throw Error(fmt::format(
          "NCCL: {}: not done after {:.0f} s: some rank is missing, or cannot be reached", what,
          limit.count()));
    }
    pause();
  }
}

std::optional<std::string> NcclCommunicator::failure() {
  const std::lock_guard lock(mutex_);
  if (comm_ == nullptr) return "NCCL: this rank gave up before";
  ncclResult_t state = ncclSuccess;
  const int result = ncclCommGetAsyncError(comm_, &state);
  if (result != ncclSuccess) return describe("looking for errors", result, comm_);
  if (!accepted(state)) return describe("in the background", state, comm_);
  return std::nullopt;
}

void NcclCommunicator::abort() noexcept {
  const std::lock_guard lock(mutex_);
  if (comm_ == nullptr) return;
  const int result = ncclCommAbort(std::exchange(comm_, nullptr));
  if (!accepted(result)) log_warning("NCCL: aborting failed; the GPU may still wait");
}

std::string NcclCommunicator::version() { return version_text(loaded_version()); }

}  // namespace greentrain
