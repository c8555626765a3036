// How long GPUs take over one step's exchange of gradients and parameters, size by size; the update
// between the two is left out. scripts/gpu_check.sh runs it.
//
//   mpirun -n 2 device_exchange_bench ELEMENTS...
//
// Rank 0 prints a line for each size: "arena 1048576 1.23e-04 6.8", with the mean seconds of a step
// and its bus bandwidth in GB/s: 2 (n - 1) / n of the gradients' bytes, the convention of
// nccl-tests.
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "comm/device/cuda_gpus.h"
#include "comm/device/cuda_handles.h"
#include "comm/device/make_device_exchange.h"
#include "comm/launch.h"
#include "comm/world.h"
#include "core/environment.h"

namespace greentrain {
namespace {

constexpr int kSteps = 50;

class NoUpdate final : public DeviceShardOwner {
  void update(const ReducedShard&) override {}
};

double seconds_per_step(DeviceExchange& exchange, DeviceStream compute, const Clock& clock,
                        Communicator& comm) {
  NoUpdate nothing;
  const auto step = [&] {
    exchange.wait_for_parameters(compute);
    exchange.begin_step(nothing);
    exchange.parameter_ready(0, compute);
    exchange.finish_step(compute);
    exchange.publish();
  };
  for (int i = 0; i < 5; ++i) step();
  finish_all_work();
  comm.barrier();
  const auto begin = clock.now();
  for (int i = 0; i < kSteps; ++i) step();
  finish_all_work();
  return Seconds(clock.now() - begin).count() / kSteps;
}

void measure(Communicator& comm, const std::vector<std::size_t>& sizes) {
  const auto found = choose_gpu(*comm.split_by_node());
  if (!found) throw UsageError("no GPU was found; expected an NVIDIA GPU and its driver");
  const Gpu& gpu = *found;
  use_gpu(gpu);
  const OwnedStream stream = make_stream();
  const OwnedStream compute = make_stream();
  const SystemClock clock;
  DeviceSettings settings{stream.get(), clock, {}, {}, {}};
  settings.on_failure = [](const std::string& text) { std::cerr << text << '\n'; };
  for (const std::size_t elements : sizes) {
    ExchangeShape shape;
    shape.parameters = {{0, elements}};
    shape.elements = elements;
    const auto chosen = make_device_exchange(comm, Backend::Auto, gpu, shape, settings);
    const double seconds = seconds_per_step(*chosen.exchange, compute.get(), clock, comm);
    const double bytes = 8.0 * static_cast<double>(elements) * (comm.size() - 1) / comm.size();
    if (comm.rank() != 0) continue;
    std::cout << fmt::format("{} {} {:.3e} {:.1f}\n",
                             enum_names<Backend>[static_cast<std::size_t>(chosen.backend)],
                             elements, seconds, bytes / seconds / 1e9)
              << std::flush;
  }
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  using namespace greentrain;
  std::unique_ptr<World> world;
  try {
    std::vector<std::size_t> sizes;
    for (int i = 1; i < argc; ++i) sizes.push_back(std::stoul(argv[i]));
    world = make_world(read_launch_info(process_environment()));
    measure(world->communicator(), sizes);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "device_exchange_bench: " << error.what() << std::endl;
    if (world) world->abort(ExitCode::Failure);
    return static_cast<int>(ExitCode::Failure);
  }
}
