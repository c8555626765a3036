// One round of scripts/bench/collectives.sh: all_reduce of float32 over the ranks of a node,
// through shared memory and through MPI in turn, size by size.
//
//   mpirun -n 2 collectives_bench ITERATIONS_OF:BYTES...      as in 400:65536 4:67108864
//
// Rank 0 prints a line for each way and size: "arena 65536 1.23e-05", with the seconds of one
// all_reduce, the mean over the iterations. Ends with an error when a sum is not the serial one.
// The way "memory" is what the machine's memory allows at best: each rank reads and writes as many
// bytes of its own as its share of an in-place all_reduce, without a peer to wait for.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "comm/arena/arena_communicator.h"
#include "comm/launch.h"
#include "comm/rank_errors.h"
#include "comm/world.h"
#include "core/clock.h"
#include "core/cpu_clones.h"
#include "core/environment.h"

namespace greentrain {
namespace {

struct Case {
  std::size_t iterations{0};
  std::size_t bytes{0};
};

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return value;
  throw UsageError(fmt::format("'{}' is no number above 0", text));
}

std::vector<Case> cases_of(int argc, char** argv) {
  std::vector<Case> cases;
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const auto colon = std::min(argument.find(':'), argument.size());
    if (colon == argument.size()) throw UsageError("usage: collectives_bench ITERATIONS:BYTES...");
    cases.push_back({number(argument.substr(0, colon)), number(argument.substr(colon + 1))});
  }
  return cases;
}

// Small integers, so that the sum is exact in every order.
float element(int rank, std::size_t i) {
  return static_cast<float>((i * 7 + static_cast<std::size_t>(rank) * 5) % 1021);
}

GREENTRAIN_CPU_CLONES void add_one(std::span<float> values) {
  for (float& value : values) value += 1.0f;
}

void check_sum(Communicator& comm, std::span<float> values, const char* way) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element(comm.rank(), i);
  comm.all_reduce(BufferView::of(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    float expected = 0;
    for (int rank = 0; rank < comm.size(); ++rank) expected += element(rank, i);
    if (values[i] == expected) continue;
    throw Error(fmt::format("{}: element {} of {} is {}, but the serial sum is {}", way, i,
                            values.size(), values[i], expected));
  }
}

// The mean over the iterations, after a quarter as many that are not timed.
template <class Function>
double seconds_each(Communicator& comm, std::size_t iterations, const Function& once) {
  for (std::size_t i = 0; i < std::max<std::size_t>(iterations / 4, 1); ++i) once();
  comm.barrier();
  const SystemClock clock;
  const auto begin = clock.now();
  for (std::size_t i = 0; i < iterations; ++i) once();
  return Seconds(clock.now() - begin).count() / static_cast<double>(iterations);
}

void print(Communicator& comm, const char* way, const Case& what, double seconds) {
  if (comm.rank() == 0) std::cout << fmt::format("{} {} {:.6g}\n", way, what.bytes, seconds);
}

void measure(Communicator& comm, const Case& what, std::span<float> values, const char* way) {
  check_sum(comm, values, way);
  std::ranges::fill(values, 0.0f);  // Sums of zeros stay what they are, however often.
  print(comm, way, what,
        seconds_each(comm, what.iterations, [&] { comm.all_reduce(BufferView::of(values)); }));
}

// `values`: as many as the case's bytes hold. The rank's share of each of n slabs, n = ranks, are
// count/n elements: read n slabs, write n slabs.
void measure_memory(Communicator& comm, const Case& what, std::span<float> values) {
  std::ranges::fill(values, 0.0f);
  print(comm, "memory", what, seconds_each(comm, what.iterations, [&] { add_one(values); }));
}

void run(World& world, const std::vector<Case>& cases) {
  Communicator& mpi = world.communicator();
  std::size_t largest = 0;
  for (const Case& each : cases) largest = std::max(largest, each.bytes);
  ArenaCommunicator arena(mpi, largest);
  std::vector<float> own(largest / sizeof(float));
  for (const Case& each : cases) {
    const std::size_t count = each.bytes / sizeof(float);
    // Gradients lie in the arena from the start: so do the numbers here.
    const std::span slab(reinterpret_cast<float*>(arena.workspace().data()), count);
    measure(arena, each, slab, "arena");
    measure_memory(mpi, each, slab);
    measure(mpi, each, std::span(own).first(count), "mpi");
  }
  mpi.barrier();
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  using namespace greentrain;
  std::unique_ptr<World> world;
  try {
    const auto cases = cases_of(argc, argv);
    world = make_world(read_launch_info(process_environment()));
    run(*world, cases);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "collectives_bench: " << error.what() << std::endl;
    if (world) world->abort(ExitCode::Failure);
    return static_cast<int>(ExitCode::Failure);
  }
}
