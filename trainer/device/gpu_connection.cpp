#include "trainer/device/gpu_connection.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include "trainer/device/device_update.h"

namespace greentrain {
namespace {

c10::Stream high_priority_stream(const Gpu& gpu) {
  const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(gpu.index));
  return c10::impl::VirtualGuardImpl(c10::kCUDA).getStreamFromGlobalPool(device, true);
}

}  // namespace

bool GpuConnection::possible(Communicator& comm, Backend backend, bool has_gpu) {
  std::vector<std::int32_t> all_have{has_gpu && backend != Backend::Mpi};
  comm.all_reduce(BufferView::of<std::int32_t>(all_have), ReduceOp::Min);
  return all_have.front() == 1;
}

GpuConnection::GpuConnection(Communicator& comm, Backend backend, const Gpu& gpu,
                             const ExchangeShape& shape, const Clock& clock,
                             std::function<void(const std::string&)> on_failure)
    : comm_(comm),
      stream_(high_priority_stream(gpu)),
      chosen_(
          make_device_exchange(comm, backend, gpu, shape,
                               {native_stream(stream_), clock, {}, std::move(on_failure), {}})) {}

std::unique_ptr<StepUpdate> GpuConnection::make_update(const OptimizerOptions& options,
                                                       FlatParameters& parameters,
                                                       StepJudge judge) {
  return std::make_unique<DeviceUpdate>(comm_, options, parameters, *chosen_.exchange, stream_,
                                        std::move(judge));
}

std::string GpuConnection::description() const {
  return fmt::format("{}: {}", enum_name(chosen_.backend), chosen_.exchange->description());
}

}  // namespace greentrain
