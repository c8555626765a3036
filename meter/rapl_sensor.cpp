#include "meter/rapl_sensor.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "meter/small_file.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr double kJoulesPerMicrojoule = 1e-6;

// Twice the largest TDP of meter/data/cpu_power.csv (500 W): it bounds what was not seen and tells
// a wrap from a reset, so it must be above any package, not near it.
constexpr Watts kMaxPower{1000};

// Intel's manual (SDM volume 3B, "RAPL Interfaces") says that the counters update about every
// millisecond. No vendor states an error bound; docs/measuring.md says why 10 % is assumed.
constexpr Seconds kUpdatePeriod = 1ms;
constexpr double kAccuracy = 0.10;

struct Zone {
  fs::path path;
  std::string name;     ///< "package-0", "dram".
  std::string package;  ///< Of dram: the name of the zone above.
};

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.rfind(prefix, 0) == 0;
}

std::string id_of(const Zone& zone) {
  return "rapl:" + (zone.package.empty() ? zone.name : zone.package + "/" + zone.name);
}

/// "intel-rapl:0:1" is a zone inside "intel-rapl:0". The MMIO tree repeats the packages.
std::vector<Zone> find_zones(const fs::path& powercap) {
  std::map<std::string, Zone> by_id;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(powercap, error)) {
    const std::string file = entry.path().filename();
    if (!starts_with(file, "intel-rapl:")) continue;
    Zone zone{entry.path(), read_small_file(entry.path() / "name").value_or(""), ""};
    const auto last_colon = file.rfind(':');
    if (std::count(file.begin(), file.end(), ':') > 1) {
      zone.package = read_small_file(powercap / file.substr(0, last_colon) / "name").value_or("");
    }
    const bool package = zone.package.empty() && starts_with(zone.name, "package");
    if (package || zone.name == "dram") by_id.emplace(id_of(zone), zone);
  }
  std::vector<Zone> zones;
  for (auto& [id, zone] : by_id) zones.push_back(std::move(zone));
  return zones;
}

std::string unreadable(const Zone& zone) {
  const fs::path file = zone.path / "energy_uj";
  std::error_code error;
  if (!fs::exists(file, error)) return file.string() + " does not exist";
  return file.string() +
         " cannot be read by this user (kernels since 2020 keep it for root, CVE-2020-8694); run "
         "as root, or have an administrator allow a group: chgrp GROUP " +
         file.string() + " && chmod g+r " + file.string();
}

CounterLimits limits_of(const Zone& zone) {
  CounterLimits limits{.range = {}, .max_power = kMaxPower, .update_period = kUpdatePeriod};
  const auto range = read_whole_number(zone.path / "max_energy_range_uj");
  if (range && *range > 0) limits.range = Joules{*range * kJoulesPerMicrojoule};
  return limits;
}

std::unique_ptr<EnergySensor> open_zone(const Zone& zone, const Clock& clock) {
  const bool dram = zone.name == "dram";
  SensorInfo info{.id = id_of(zone),
                  .device = dram ? "DRAM of " + zone.package : "CPU " + zone.name,
                  .quality = Quality::Measured,
                  .source = (zone.path / "energy_uj").string(),
                  .accuracy = kAccuracy,
                  .update_period = kUpdatePeriod,
                  .max_power = kMaxPower,
                  .contains = {}};
  if (dram) info.device = zone.package.empty() ? "DRAM" : info.device;
  info.contains = dram ? std::vector<std::string>{info.device}
                       : std::vector<std::string>{info.device +
                                                  " (cores, caches, on-chip memory "
                                                  "controller and graphics)"};
  return std::make_unique<RaplSensor>(std::move(info), zone.path, limits_of(zone), clock);
}

/// Two packages whose counters agree to a joule show one counter twice (AMD, several dies).
bool mirrors(const Zone& zone, const std::vector<Zone>& others) {
  const auto own = read_whole_number(zone.path / "energy_uj");
  return std::any_of(others.begin(), others.end(), [&](const Zone& other) {
    const auto theirs = read_whole_number(other.path / "energy_uj");
    return own && theirs && other.name != "dram" &&
           std::abs(*own - *theirs) * kJoulesPerMicrojoule < 1;
  });
}

}  // namespace

RaplSensor::RaplSensor(SensorInfo info, std::filesystem::path zone, const CounterLimits& limits,
                       const Clock& clock)
    : info_(std::move(info)),
      energy_file_(std::move(zone) / "energy_uj"),
      limits_(limits),
      total_(limits),
      clock_(clock) {
  info_.longest_period = longest_period(limits);
}

Reading RaplSensor::read() {
  Reading reading;
  reading.before = clock_.now();
  const auto microjoules = read_whole_number(energy_file_);
  reading.after = clock_.now();
  if (!microjoules) return reading;
  const Joules raw{*microjoules * kJoulesPerMicrojoule};
  if (limits_.range && raw > *limits_.range) return reading;
  if (!total_.add(raw, reading.before, reading.after)) return reading;
  reading.status = ReadStatus::Ok;
  reading.joules = total_.joules();
  reading.lo = total_.lo();
  reading.hi = total_.hi();
  reading.unseen = total_.unseen();
  reading.age = total_.age();
  reading.resets = total_.resets();
  reading.gaps = total_.gaps();
  return reading;
}

RaplZones open_rapl_zones(const std::filesystem::path& powercap, const Clock& clock) {
  RaplZones result;
  std::vector<Zone> taken;
  bool package_missing = false;
  for (const Zone& zone : find_zones(powercap)) {
    const bool dram = zone.name == "dram";
    if (!read_whole_number(zone.path / "energy_uj")) {
      result.problems.push_back(unreadable(zone));
      package_missing = package_missing || !dram;
    } else if (!dram && mirrors(zone, taken)) {
      result.problems.push_back(id_of(zone) + " shows the counter of another package; left out");
    } else {
      result.sensors.push_back(open_zone(zone, clock));
      result.dram = result.dram || dram;
      taken.push_back(zone);
    }
  }
  const bool any_package =
      std::any_of(taken.begin(), taken.end(), [](const Zone& zone) { return zone.name != "dram"; });
  if (!any_package && !package_missing) {
    result.problems.push_back("no zone named package-* in " + powercap.string() +
                              " (virtual machines rarely have one; on bare metal: modprobe "
                              "intel_rapl_msr)");
  }
  if (!any_package || package_missing) {
    result.sensors.clear();
    result.dram = false;
  }
  return result;
}

}  // namespace greentrain
