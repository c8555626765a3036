#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "comm/thread_communicator.h"
#include "meter/phase_timer.h"
#include "tests/fakes/fake_gpus.h"
#include "tests/fakes/fake_powercap.h"
#include "tests/fakes/manual_clock.h"
#include "trainer/run/run_meter.h"

namespace greentrain {

/// Machines with CPU counters of their own and GPUs that all of them see, in simulated time; ranks
/// are threads. What they draw is known exactly.
class SimulatedHosts {
 public:
  static constexpr Watts kGpu{300};

  explicit SimulatedHosts(int hosts)
      : gpus_(R"({"gpus": [{"count": 2, "idle_w": 300, "full_w": 300, "max_limit_w": 3000}]})") {
    for (int host = 0; host < hosts; ++host) {
      hosts_.push_back(std::make_unique<Host>());
      Host& added = *hosts_.back();
      added.powercap.add("intel-rapl:0", "package-0", start_of(host));
      added.proc.write("sys/kernel/random/boot_id", "boot-" + std::to_string(host));
    }
  }

  static Watts power_of(int host) { return Watts{100.0 + 10 * host}; }
  Joules drawn() const {
    Joules total = 2 * (kGpu * time_);
    for (std::size_t host = 0; host < hosts_.size(); ++host) {
      total += power_of(static_cast<int>(host)) * time_;
    }
    return total;
  }

  /// All counters move on together with the clock.
  void advance(Seconds time) {
    clock_.advance(time);
    gpus_.advance(time);
    time_ += time;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const int host = static_cast<int>(i);
      hosts_[i]->powercap.set("intel-rapl:0", start_of(host) + power_of(host) * time_);
    }
  }

  /// The clock goes first, then the counters, one by one. A thread that reads in between sees one
  /// behind its time and catch up in no time: in steps so short that it takes none to stand still,
  /// and with GPUs that may draw so much (max_limit_w) that it takes none to have jumped.
  void advance_a_second() {
    for (int step = 0; step < 4; ++step) advance(Seconds(0.25));
  }

  MachineTree machine(int host) const {
    const Host& one = *hosts_.at(static_cast<std::size_t>(host));
    return {.sys = one.powercap.sys().root(),
            .proc = one.proc.root(),
            .dev = one.proc.root(),
            .nvml = FakeGpus::library(),
            .perf = [](unsigned, unsigned long, int) { return nullptr; }};
  }

  /// A run of `seconds` on so many ranks, spread over the hosts in blocks; its report. With a
  /// folder, it keeps journals there.
  EnergyReport run(int ranks, double seconds, const std::filesystem::path& folder = {},
                   std::int64_t first_step = 0) {
    EnergyReport report;
    MeterOptions options;
    options.period = std::chrono::hours(24);
    run_ranks(ranks, [&](Communicator& comm) {
      const int host = comm.rank() * static_cast<int>(hosts_.size()) / comm.size();
      PhaseTimer phases(clock_);
      RunMeter meter(comm, options, machine(host), phases, clock_);
      if (!folder.empty()) meter.keep_journal(folder, "run", first_step);
      for (double second = 0; second < seconds; ++second) {
        comm.barrier();
        if (comm.rank() == 0) advance_a_second();
        comm.barrier();
        meter.step_done(first_step + static_cast<std::int64_t>(second) + 1);
      }
      EnergyReport mine = meter.stop();
      if (comm.rank() == 0) report = std::move(mine);
    });
    return report;
  }

  ManualClock& clock() { return clock_; }

 private:
  struct Host {
    FakePowercap powercap;
    FakeTree proc;
  };
  static Joules start_of(int host) { return Joules{1000.0 * host + 5}; }

  ManualClock clock_;
  FakeGpus gpus_;
  Seconds time_{0};
  std::vector<std::unique_ptr<Host>> hosts_;
};

/// How far the joules of 1, 2, 4 and 8 ranks on 1 to 4 hosts lie from what was truly drawn, the
/// worst of them, in percent.
inline double ranks_joules_spread_pct() {
  double worst = 0;
  for (const int ranks : {1, 2, 4, 8}) {
    for (int hosts = 1; hosts <= std::min(ranks, 4); ++hosts) {
      SimulatedHosts machines(hosts);
      const Joules found = machines.run(ranks, 60).total.joules;
      worst = std::max(worst, std::abs(found / machines.drawn() - 1) * 100);
    }
  }
  return worst;
}

}  // namespace greentrain
