#include "meter/perf_energy.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <linux/perf_event.h>
#include <map>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "meter/small_file.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// As of RAPL's files, which show the same counters: meter/rapl_sensor.cpp.
constexpr Watts kMaxPower{1000};
constexpr Seconds kUpdatePeriod = 1ms;
constexpr double kAccuracy = 0.10;

class KernelPerfEvent final : public PerfEvent {
 public:
  explicit KernelPerfEvent(int file) : file_(file) {}
  ~KernelPerfEvent() override { close(file_); }
  KernelPerfEvent(const KernelPerfEvent&) = delete;
  KernelPerfEvent& operator=(const KernelPerfEvent&) = delete;

  std::optional<double> count() override {
    std::uint64_t value = 0;
    if (::read(file_, &value, sizeof(value)) != sizeof(value)) return std::nullopt;
    return static_cast<double>(value);
  }

 private:
  int file_;
};

std::unique_ptr<PerfEvent> open_in_kernel(unsigned int type, unsigned long config, int cpu) {
  perf_event_attr event{};
  event.size = sizeof(event);
  event.type = type;
  event.config = config;
  const long file = syscall(SYS_perf_event_open, &event, /*pid=*/-1, cpu, /*group=*/-1,
                            static_cast<unsigned long>(PERF_FLAG_FD_CLOEXEC));
  if (file < 0) return nullptr;
  return std::make_unique<KernelPerfEvent>(static_cast<int>(file));
}

/// One event of the unit "power": "energy-pkg", "energy-ram".
class PerfEnergySensor final : public EnergySensor {
 public:
  PerfEnergySensor(SensorInfo info, std::unique_ptr<PerfEvent> event, double joules_per_count,
                   const Clock& clock)
      : info_(std::move(info)),
        event_(std::move(event)),
        joules_per_count_(joules_per_count),
        total_({.range = {}, .max_power = kMaxPower, .update_period = kUpdatePeriod}),
        clock_(clock) {}

  const SensorInfo& info() const override { return info_; }

  Reading read() override {
    Reading reading;
    reading.before = clock_.now();
    const auto count = event_->count();
    reading.after = clock_.now();
    if (!count) return reading;
    const Joules energy{*count * joules_per_count_};
    if (total_.add(energy, reading.before, reading.after)) fill(reading, total_);
    return reading;
  }

 private:
  SensorInfo info_;
  std::unique_ptr<PerfEvent> event_;
  double joules_per_count_;
  CounterTotal total_;
  const Clock& clock_;
};

/// "0-3,8" -> 0, 1, 2, 3, 8.
std::vector<int> cpus_in(const std::string& list) {
  std::vector<int> cpus;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    int first = 0, last = 0;
    const int numbers = std::sscanf(range.c_str(), "%d-%d", &first, &last);
    for (int cpu = first; numbers > 0 && cpu <= (numbers == 2 ? last : first); ++cpu) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

std::string topology_id(const fs::path& sys, int cpu, const char* name) {
  const std::string folder = "cpu" + std::to_string(cpu);
  const auto id = read_small_file(sys / "devices/system/cpu" / folder / "topology" / name);
  return id.value_or("of-cpu-" + std::to_string(cpu));
}

/// The CPUs to count on, by the name that RAPL's files have for what they count. AMD's counter is
/// the package's: should the kernel offer it once for every die, one of them counts.
std::map<std::string, int> counted_cpus(const fs::path& sys, const std::vector<int>& cpus,
                                        bool amd) {
  std::map<std::string, std::vector<int>> packages;
  for (const int cpu : cpus) packages[topology_id(sys, cpu, "physical_package_id")].push_back(cpu);
  std::map<std::string, int> counted;
  for (const auto& [package, dies] : packages) {
    const std::string name = "package-" + package;
    if (amd || dies.size() == 1) {
      counted.emplace(name, dies.front());
      continue;
    }
    for (const int cpu : dies) {
      counted.emplace(name + "-die-" + topology_id(sys, cpu, "die_id"), cpu);
    }
  }
  return counted;
}

struct PowerUnit {
  fs::path folder;
  unsigned int type{0};
  std::map<std::string, int> cpus;  ///< By what each counts: "package-0", "package-1-die-0".
};

std::optional<PowerUnit> find_power_unit(const fs::path& sys, bool amd) {
  PowerUnit unit{.folder = sys / "bus/event_source/devices/power", .type = 0, .cpus = {}};
  const auto type = read_whole_number(unit.folder / "type");
  const auto cpus = read_small_file(unit.folder / "cpumask");
  if (!type || !cpus) return std::nullopt;
  unit.type = static_cast<unsigned int>(*type);
  unit.cpus = counted_cpus(sys, cpus_in(*cpus), amd);
  return unit;
}

struct Event {
  unsigned long config;
  double joules_per_count;
};

/// "event=0x02", with the scale and the unit in files beside it.
std::optional<Event> find_event(const fs::path& folder, const std::string& name) {
  const auto text = read_small_file(folder / "events" / name);
  const auto scale = read_small_file(folder / "events" / (name + ".scale"));
  const auto unit = read_small_file(folder / "events" / (name + ".unit"));
  if (!text || !scale || unit != "Joules") return std::nullopt;
  Event event{};
  if (std::sscanf(text->c_str(), "event=%lx", &event.config) != 1) return std::nullopt;
  event.joules_per_count = std::strtod(scale->c_str(), nullptr);
  if (!(event.joules_per_count > 0)) return std::nullopt;
  return event;
}

SensorInfo info_of(bool dram, const std::string& package, const std::string& name, int cpu) {
  const std::string device = dram ? "DRAM of " + package : "CPU " + package;
  return {.id = "perf:" + package + (dram ? "/dram" : ""),
          .device = device,
          .quality = Quality::Measured,
          .source = "perf event power/" + name + "/ on CPU " + std::to_string(cpu),
          .accuracy = kAccuracy,
          .update_period = kUpdatePeriod,
          .max_power = kMaxPower,
          .contains = {device},
          .parts = {(dram ? "dram:" : "package:") + package}};
}

/// Adds one sensor per package; false if the kernel refuses one.
bool add_event(const PowerUnit& unit, const std::string& name, bool dram, const PerfOpener& opener,
               const Clock& clock, PerfEnergy& result) {
  const auto event = find_event(unit.folder, name);
  if (!event) return !dram ? false : true;
  for (const auto& [package, cpu] : unit.cpus) {
    auto opened = opener(unit.type, event->config, cpu);
    if (!opened || !opened->count()) return false;
    result.sensors.push_back(std::make_unique<PerfEnergySensor>(
        info_of(dram, package, name, cpu), std::move(opened), event->joules_per_count, clock));
  }
  return true;
}

}  // namespace

PerfOpener kernel_perf_opener() { return open_in_kernel; }

PerfEnergy open_perf_energy(const fs::path& sys, bool amd, const PerfOpener& opener,
                            const Clock& clock) {
  PerfEnergy result;
  const auto unit = find_power_unit(sys, amd);
  if (!unit) {
    result.absent.push_back("no perf unit \"power\" in " +
                            (sys / "bus/event_source/devices").string() +
                            " (virtual machines rarely have one)");
    return result;
  }
  if (!add_event(*unit, "energy-pkg", false, opener, clock, result)) {
    result.sensors.clear();
    result.problems.push_back(
        "the kernel refuses the perf event power/energy-pkg/; run with CAP_PERFMON, or have an "
        "administrator run: sysctl kernel.perf_event_paranoid=0");
    return result;
  }
  const std::size_t packages = result.sensors.size();
  if (!add_event(*unit, "energy-ram", true, opener, clock, result)) {
    result.sensors.resize(packages);
    result.problems.push_back(
        "the kernel refuses the perf event power/energy-ram/, so that DRAM is not measured; run "
        "with "
        "CAP_PERFMON, or have an administrator run: sysctl kernel.perf_event_paranoid=0");
  }
  return result;
}

}  // namespace greentrain
