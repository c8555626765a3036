#include "comm/world.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "comm/mpi_runtime.h"
#include "comm/thread_communicator.h"

namespace greentrain {
namespace {

class OneRank final : public World {
 public:
  Communicator& communicator() override { return *communicator_; }
  [[noreturn]] void abort(ExitCode code) override {
    std::fflush(nullptr);
    std::_Exit(static_cast<int>(code));
  }
  [[noreturn]] void end(ExitCode code) override { abort(code); }

 private:
  std::unique_ptr<Communicator> communicator_ = std::move(make_thread_communicators(1).front());
};

class MpiRanks final : public World {
 public:
  explicit MpiRanks(int fake_hosts) : mpi_(fake_hosts) {}
  Communicator& communicator() override { return mpi_.world(); }
  [[noreturn]] void abort(ExitCode code) override { mpi_.abort(static_cast<int>(code)); }
  [[noreturn]] void end(ExitCode code) override {
    std::fflush(nullptr);
    communicator().barrier();
    abort(code);
  }

 private:
  MpiRuntime mpi_;
};

}  // namespace

std::unique_ptr<World> make_world(const LaunchInfo& launch) {
  if (launch.size == 1) return std::make_unique<OneRank>();
  auto world = std::make_unique<MpiRanks>(launch.fake_hosts);
  const Communicator& ranks = world->communicator();
  if (ranks.size() == launch.size && ranks.rank() == launch.rank) return world;
  const std::string message = fmt::format(
      "{} started this as rank {} of {}, but MPI says rank {} of {}; use the mpirun of the Open "
      "MPI that greentrain was built with",
      launch.launcher, launch.rank, launch.size, ranks.rank(), ranks.size());
  world.reset();  // Not while the exception unwinds: that would abort before main() prints it.
  throw Error(message);
}

}  // namespace greentrain
