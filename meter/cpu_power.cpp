#include "meter/cpu_power.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "meter/reference_table.h"
#include "meter/small_file.h"

namespace greentrain {

extern const std::string_view kCpuPowerCsv;

namespace {

// Each constant's source is discussed in docs/measuring.md, section "The CPU model".

// Idle: an Intel Core i7-8700K (TDP 95 W) reports 2.29 W for its package under light load, 2.4 %
// (C. Siebenmann, utcc.utoronto.ca/~cks/space/blog/tech/TDPAndPowerDraw, 2019).
constexpr double kIdleOverTdp = 0.02;
// Full, desktop and laptop: the Core i9-14900K has a base power of 125 W and a maximum turbo power
// of 253 W (gamerfridge.com/2023/10/17/intel-core-i9-14900k-review), 2.02; and a margin.
constexpr double kFullOverTdp = 2.2;
// Full, servers: the short-term limit PL2 is 1.25 x TDP by default (Intel's manual of the Xeon
// E3-1230 v3 and E3-1240 v3, section 5.9.2, table 21 "Package Power Control Settings").
constexpr double kServerFullOverTdp = 1.25;

// CodeCarbon's default for an unknown CPU (core/cpu.py, DEFAULT_POWER_PER_CORE).
constexpr Watts kNominalPerThread{4};
// Cloud Carbon Footprint, coefficients from SPECpower_ssj2008 results of 2026-03-09, watts of whole
// servers per hardware thread at full load, lowest and highest mean of an architecture: EPYC 2nd
// Gen and EPYC 5th Gen (github.com/cloud-carbon-footprint/ccf-coefficients, commit b0032d9,
// output/coefficients-aws-use.csv).
constexpr Watts kLeastFullPerThread{1.69};
constexpr Watts kMostFullPerThread{8.97};

std::string value_of(const std::string& line) {
  const auto colon = line.find(": ");
  return colon == std::string::npos ? "" : line.substr(colon + 2);
}

bool ends_with(const std::string& word, std::string_view ending) {
  return word.size() >= ending.size() &&
         word.compare(word.size() - ending.size(), ending.size(), ending) == 0;
}

/// Words that say nothing about which CPU it is: "64-Core", "13th Gen", "CPU", "Processor".
bool is_noise(const std::string& word) {
  const bool ordinal = std::isdigit(static_cast<unsigned char>(word[0])) && ends_with(word, "th");
  return word == "cpu" || word == "processor" || word == "gen" || ordinal ||
         ends_with(word, "-core");
}

/// "Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz" -> "intel core i7-8700k".
std::string plain_name(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* mark : {"(r)", "(tm)"}) {
    for (auto at = lower.find(mark); at != std::string::npos; at = lower.find(mark)) {
      lower.replace(at, std::string_view(mark).size(), " ");
    }
  }
  // What follows is the clock or the graphics.
  for (const char* end : {"@", " with ", " w/ "}) lower = lower.substr(0, lower.find(end));
  std::istringstream words(lower);
  std::string plain;
  for (std::string word; words >> word;) {
    if (!is_noise(word)) plain += (plain.empty() ? "" : " ") + word;
  }
  return plain;
}

/// By plain name; where names fall together, the highest counts: it only widens the interval.
std::map<std::string, Watts> load_table() {
  std::map<std::string, Watts> table;
  for (const auto& row : parse_reference_table(kCpuPowerCsv)) {
    Watts& tdp = table[plain_name(row[0])];
    tdp = std::max(tdp, Watts{std::strtod(row[1].c_str(), nullptr)});
  }
  return table;
}

bool is_server(const std::string& plain) {
  return plain.find("xeon") != std::string::npos || plain.find("epyc") != std::string::npos ||
         plain.find("opteron") != std::string::npos;
}

std::string tenths(Watts power) {
  std::ostringstream text;
  text.precision(2);
  text << std::fixed << power.value << " W";
  return text.str();
}

/// A logical CPU of unknown kind is one hardware thread, or a whole core of two where the system
/// shows no threads.
CpuPowerRange range_per_logical_cpu(const CpuIdentity& cpu) {
  const double cpus = std::max(cpu.logical_cpus, 1);
  const double threads = cpu.threads_shown ? 1 : 2;
  return {.idle = kLeastFullPerThread * kIdleOverTdp * cpus,
          .full = kMostFullPerThread * threads * cpus,
          .nominal = kNominalPerThread * cpus,
          .source = "watts per thread: Cloud Carbon Footprint 2026 (SPECpower), CodeCarbon 3.3.2",
          .notes = {}};
}

std::string range_note(const CpuPowerRange& range, int logical_cpus) {
  return "taken: " + tenths(range.idle) + " (idle) to " + tenths(range.full) + " (full) for its " +
         std::to_string(logical_cpus) + " logical CPUs, from published figures of servers";
}

}  // namespace

CpuIdentity identify_cpu(const std::filesystem::path& cpuinfo) {
  CpuIdentity cpu;
  std::set<std::string> packages;
  std::istringstream lines(read_small_file(cpuinfo).value_or(""));
  int siblings = 0;
  int cores = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto is = [&](const char* key) { return line.rfind(key, 0) == 0; };
    if (is("processor")) ++cpu.logical_cpus;
    if (is("model name")) cpu.name = value_of(line);
    if (is("physical id")) packages.insert(value_of(line));
    if (is("siblings")) siblings = std::atoi(value_of(line).c_str());
    if (is("cpu cores")) cores = std::atoi(value_of(line).c_str());
    if (is("flags") && (line + " ").find(" hypervisor ") != std::string::npos) {
      cpu.virtual_machine = true;
    }
  }
  cpu.packages = std::max(1, static_cast<int>(packages.size()));
  cpu.threads_shown = siblings > cores && cores > 0;
  return cpu;
}

std::optional<Watts> thermal_design_power(std::string_view cpu_name) {
  static const std::map<std::string, Watts> kTable = load_table();
  const auto found = kTable.find(plain_name(cpu_name));
  if (found == kTable.end()) return std::nullopt;
  return found->second;
}

CpuPowerRange cpu_power_range(const CpuIdentity& cpu) {
  CpuPowerRange range = range_per_logical_cpu(cpu);
  const auto tdp = thermal_design_power(cpu.name);
  if (!tdp) {
    const std::string name =
        cpu.name.empty() ? "This CPU (no name)" : "The CPU \"" + cpu.name + "\"";
    range.notes.push_back(name + " is not in the power table; " +
                          range_note(range, cpu.logical_cpus));
    return range;
  }
  const Watts all = *tdp * cpu.packages;
  const double full_over_tdp = is_server(plain_name(cpu.name)) ? kServerFullOverTdp : kFullOverTdp;
  const std::string table = "TDP " + tenths(*tdp) + " of " + cpu.name + ": CodeCarbon 3.3.2";
  if (!cpu.virtual_machine) {
    return {all * kIdleOverTdp, all * full_over_tdp, all, table, {}};
  }
  range.full = std::min(range.full, all * full_over_tdp);
  range.nominal = std::min(range.nominal, all);
  range.idle = std::min(range.idle, all * kIdleOverTdp);
  range.source = table + "; " + range.source;
  range.notes.push_back("A virtual machine has an unknown share of its CPU \"" + cpu.name + "\"; " +
                        range_note(range, cpu.logical_cpus));
  return range;
}

Watts modelled_power(Watts nominal, double load) {
  return nominal * (0.1 + 0.9 * load * load * load);
}

}  // namespace greentrain
