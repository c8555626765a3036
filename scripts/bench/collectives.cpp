// One round of scripts/bench/collectives.sh: all_reduce of float32 over the ranks of a node,
// through shared memory and through MPI in turn, size by size.
//
//   mpirun -n 2 collectives_bench ITERATIONS_OF:BYTES...      as in 400:65536 4:67108864
//
// Rank 0 prints a line for each way and size: "arena 65536 1.23e-05", with the seconds of one
// all_reduce, the mean over the iterations. Ends with an error when a sum is not the serial one.
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

double seconds_each(Communicator& comm, std::span<float> values, std::size_t iterations) {
  std::ranges::fill(values, 0.0f);  // Sums of zeros stay what they are, however often.
  for (std::size_t i = 0; i < std::max<std::size_t>(iterations / 4, 1); ++i) {
    comm.all_reduce(BufferView::of(values));
  }
  comm.barrier();
  const SystemClock clock;
  const auto begin = clock.now();
  for (std::size_t i = 0; i < iterations; ++i) comm.all_reduce(BufferView::of(values));
  return Seconds(clock.now() - begin).count() / static_cast<double>(iterations);
}

void measure(Communicator& comm, const Case& what, std::span<float> values, const char* way) {
  check_sum(comm, values, way);
  const double seconds = seconds_each(comm, values, what.iterations);
  if (comm.rank() == 0) std::cout << fmt::format("{} {} {:.6g}\n", way, what.bytes, seconds);
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
    measure(arena, each, {reinterpret_cast<float*>(arena.workspace().data()), count}, "arena");
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
