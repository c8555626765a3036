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
constexpr Watts kMaxPlatformPower{10000};

// Intel's manual (SDM volume 3B, "RAPL Interfaces") says that the counters update about every
// millisecond. No vendor states an error bound; docs/measuring.md says why 10 % is assumed.
constexpr Seconds kUpdatePeriod = 1ms;
constexpr double kAccuracy = 0.10;

struct Zone {
  fs::path path;
  std::string name;     ///< "package-0", "dram", "psys".
  std::string package;  ///< Of a zone inside a package: that package's name.

  bool is_package() const { return package.empty() && name.rfind("package", 0) == 0; }
  bool is_dram() const { return name == "dram"; }
  bool is_psys() const { return package.empty() && name == "psys"; }
  std::string id() const { return "rapl:" + (package.empty() ? name : package + "/" + name); }
  std::string domain() const { return path.filename(); }  ///< "intel-rapl:0:1".
};

/// Zones of one driver by id; "intel-rapl:0:1" is a zone inside "intel-rapl:0".
std::map<std::string, Zone> zones_of(const fs::path& powercap, const std::string& driver) {
  std::map<std::string, Zone> by_id;
  for (const fs::path& entry : list_folder(powercap)) {
    const std::string file = entry.filename();
    if (file.rfind(driver + ":", 0) != 0) continue;
    Zone zone{entry, read_small_file(entry / "name").value_or(""), ""};
    if (std::count(file.begin(), file.end(), ':') > 1) {
      const fs::path outer = powercap / file.substr(0, file.rfind(':'));
      zone.package = read_small_file(outer / "name").value_or("");
    }
    by_id.emplace(zone.id(), zone);
  }
  return by_id;
}

/// All zones, each once: newer laptops show the packages a second time through memory-mapped
/// registers.
std::vector<Zone> find_zones(const fs::path& powercap, std::vector<std::string>& left_out) {
  auto by_id = zones_of(powercap, "intel-rapl");
  for (auto& [id, zone] : zones_of(powercap, "intel-rapl-mmio")) {
    const auto [same, added] = by_id.emplace(id, zone);
    if (!added) left_out.push_back(zone.domain() + ": repeats " + same->second.domain());
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
  CounterLimits limits{.range = {},
                       .max_power = zone.is_psys() ? kMaxPlatformPower : kMaxPower,
                       .update_period = kUpdatePeriod};
  const auto range = read_whole_number(zone.path / "max_energy_range_uj");
  if (range && *range > 0) limits.range = Joules{*range * kJoulesPerMicrojoule};
  return limits;
}

void describe(const Zone& zone, SensorInfo& info) {
  if (zone.is_psys()) {
    info.device = "platform (psys)";
    info.contains = {"CPU packages, DRAM and what else the board's maker connected to it"};
    info.parts = {"package:*", "dram:*", "platform"};
  } else if (zone.is_dram()) {
    info.device = zone.package.empty() ? "DRAM" : "DRAM of " + zone.package;
    info.contains = {info.device};
    info.parts = {"dram:" + zone.package};
  } else {
    info.device = "CPU " + zone.name;
    info.contains = {info.device + " (cores, caches, on-chip memory controller and graphics)"};
    info.parts = {"package:" + zone.name};
  }
}

std::unique_ptr<EnergySensor> open_zone(const Zone& zone, const Clock& clock) {
  const CounterLimits limits = limits_of(zone);
  SensorInfo info{.id = zone.id(),
                  .device = "",
                  .quality = Quality::Measured,
                  .source = (zone.path / "energy_uj").string(),
                  .accuracy = kAccuracy,
                  .update_period = kUpdatePeriod,
                  .max_power = limits.max_power,
                  .contains = {}};
  describe(zone, info);
  return std::make_unique<RaplSensor>(std::move(info), zone.path, limits, clock);
}

/// Two packages whose counters agree to a joule show one counter twice (AMD, several dies).
bool mirrors(const Zone& zone, const std::vector<Zone>& others) {
  const auto own = read_whole_number(zone.path / "energy_uj");
  return std::any_of(others.begin(), others.end(), [&](const Zone& other) {
    const auto theirs = read_whole_number(other.path / "energy_uj");
    return own && theirs && other.is_package() &&
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
  const auto microjoules = energy_file_.read();
  reading.after = clock_.now();
  if (!microjoules) return reading;
  const Joules raw{*microjoules * kJoulesPerMicrojoule};
  if (limits_.range && raw > *limits_.range) return reading;
  if (total_.add(raw, reading.before, reading.after)) fill(reading, total_);
  return reading;
}

RaplZones open_rapl_zones(const std::filesystem::path& powercap, const Clock& clock) {
  RaplZones result;
  std::vector<Zone> taken;
  bool package_missing = false;
  for (const Zone& zone : find_zones(powercap, result.left_out)) {
    if (!zone.is_package() && !zone.is_dram() && !zone.is_psys()) {
      if (!zone.package.empty()) {
        result.left_out.push_back(zone.id() + ": lies inside rapl:" + zone.package);
      }
    } else if (!read_whole_number(zone.path / "energy_uj")) {
      result.problems.push_back(unreadable(zone));
      package_missing = package_missing || zone.is_package();
    } else if (zone.is_psys()) {
      result.platform.push_back(open_zone(zone, clock));
    } else if (zone.is_package() && mirrors(zone, taken)) {
      result.problems.push_back(zone.id() + " shows the counter of another package; left out");
    } else {
      result.sensors.push_back(open_zone(zone, clock));
      taken.push_back(zone);
    }
  }
  const bool any_package =
      std::any_of(taken.begin(), taken.end(), [](const Zone& zone) { return zone.is_package(); });
  if (!any_package && !package_missing) {
    result.problems.push_back("no zone named package-* in " + powercap.string() +
                              " (virtual machines rarely have one; on bare metal: modprobe "
                              "intel_rapl_msr)");
  }
  if (!any_package || package_missing) result.sensors.clear();
  return result;
}

}  // namespace greentrain
