// A program that starts and ends as a trainer does, for mpi_world_test.py:
//   world_probe sum            prints the sum of all ranks' numbers 1, 2, ...
//   world_probe cores          prints what each machine's first rank is told about its cores
//   world_probe config         rank 0 finds a mistake before MPI starts
//   world_probe exit           the same, and it just exits
//   world_probe data RANK      RANK lacks the data: an error that all ranks share
//   world_probe fail RANK      RANK fails while the others wait for it
//   world_probe unwind RANK    the same, and the world is destroyed by the exception
#include <cstdio>
#include <string>
#include <vector>

#include "comm/binding.h"
#include "comm/rank_errors.h"
#include "comm/world.h"

namespace greentrain {
namespace {

void run(const std::string& mode, int culprit, Communicator& world) {
  const bool mine = world.rank() == culprit;
  if (mode == "data") {
    const auto error = mine ? std::optional<std::string>("train.csv: not found") : std::nullopt;
    throw_if_any_failed(world, error, ExitCode::Usage);
  }
  if (mine) throw Error("disk full");
  std::vector<std::int32_t> sum{world.rank() + 1};
  world.all_reduce(BufferView::of<std::int32_t>(sum));
  if (world.rank() == 0) std::printf("sum %d\n", sum.front());
}

void print_cores(const LaunchInfo& launch, Communicator& world) {
  const auto node = world.split_by_node();
  const Binding binding = find_binding(*node, read_cpu_facts(), launch, /*requested=*/0);
  if (node->rank() != 0) return;
  std::printf("%s\n", binding.summary.c_str());
  if (binding.warning) std::printf("warning: %s\n", binding.warning->c_str());
}

int start(const std::string& mode, int culprit) {
  const LaunchInfo launch = read_launch_info(process_environment());
  if ((mode == "config" || mode == "exit") && launch.rank == 0) {
    std::fprintf(stderr, "config.yaml:1:1: unknown key\n");
    if (mode == "config") make_world(launch)->abort(ExitCode::Usage);
    return static_cast<int>(ExitCode::Usage);
  }
  const auto world = make_world(launch);
  if (mode == "cores") {
    print_cores(launch, world->communicator());
    return 0;
  }
  if (mode == "unwind") {
    run(mode, culprit, world->communicator());
    return 0;
  }
  try {
    run(mode, culprit, world->communicator());
  } catch (const SharedError& error) {
    if (launch.rank == 0) std::fprintf(stderr, "%s\n", error.what());
    world->end(error.code());
  } catch (const Error& error) {
    std::fprintf(stderr, "rank %d: %s\n", launch.rank, error.what());
    world->abort(error.code());
  }
  return 0;
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "sum";
  try {
    return greentrain::start(mode, argc > 2 ? std::stoi(argv[2]) : -1);
  } catch (const greentrain::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
