// Measures the meter for meter.py, on the sensors of this machine as greenmeter finds them.
//
// meter_bench sensors COUNT: seconds of COUNT readings of all sensors on this thread, a JSON list.
// meter_bench sample COUNT: the same by the meter, whose thread reads, so that none can block us.
// meter_bench window COUNT: the same of begin() and end().
// meter_bench history SECONDS: what the meter says of that long, and from when to when on the
//   monotonic clock: {"joules", "lo", "hi", "quality", "start", "end"}.
// meter_bench ranks: how far 1 to 8 ranks on 1 to 4 hosts are from one process, in percent.

#include <chrono>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/environment.h"
#include "meter/energy_meter.h"
#include "tests/fakes/simulated_hosts.h"

namespace greentrain {
namespace {

template <class Work>
std::vector<double> times_of(int count, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(Seconds(std::chrono::steady_clock::now() - start).count());
  }
  return seconds;
}

std::vector<double> costs(const std::string& what, int count) {
  const SystemClock clock;
  PhaseTimer phases(clock);
  const MeterOptions options;
  SensorSet set = make_sensors(options, clock, machine_tree(process_environment()));
  if (what == "sensors") {
    return times_of(count, [&] {
      for (const auto& sensor : set.sensors) sensor->read();
    });
  }
  EnergyMeter meter(std::move(set), options, phases, clock);
  meter.start();
  if (what == "sample") return times_of(count, [&] { meter.sample(); });
  return times_of(count, [&] { meter.end(meter.begin()); });
}

double monotonic() { return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

nlohmann::json history(Seconds length) {
  const SystemClock clock;
  PhaseTimer phases(clock);
  const MeterOptions options;
  SensorSet set = make_sensors(options, clock, machine_tree(process_environment()));
  EnergyMeter meter(std::move(set), options, phases, clock);
  meter.start();
  const double start = monotonic();
  std::this_thread::sleep_for(length);
  const double end = monotonic();
  const Energy total = meter.stop().total;
  return {{"joules", total.joules.value},        {"lo", total.lo.value}, {"hi", total.hi.value},
          {"quality", to_string(total.quality)}, {"start", start},       {"end", end}};
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "ranks") {
    std::cout << ranks_joules_spread_pct() << std::endl;
    return 0;
  }
  if (words.size() == 2 && words[0] == "history") {
    std::cout << history(Seconds(std::stod(words[1]))) << std::endl;
    return 0;
  }
  const std::set<std::string> known{"sensors", "sample", "window"};
  if (words.size() != 2 || !known.contains(words[0])) {
    std::cerr << "meter_bench: expected sensors COUNT, sample COUNT, window COUNT, "
                 "history SECONDS or ranks\n";
    return 2;
  }
  std::cout << nlohmann::json(costs(words[0], std::stoi(words[1]))).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  try {
    return greentrain::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "meter_bench: " << error.what() << "\n";
    return 1;
  }
}
