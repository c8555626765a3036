#include "trainer/cli/doctor/machine.h"

#include <array>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "comm/binding.h"
#include "comm/cpus.h"
#include "comm/mpi_runtime.h"
#include "core/clock.h"
#include "meter/sensors.h"

namespace greentrain {
namespace {

using Json = nlohmann::ordered_json;

std::string gibibytes(double bytes) { return fmt::format("{:.3g} GiB", bytes / (1 << 30)); }

// The first line that a command prints; empty when there is no such command or it fails.
std::optional<std::string> first_line_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command, "r"), ::pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return std::nullopt;
  std::string text = line.data();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.empty() ? std::nullopt : std::optional(text);
}

bool root_is_refused(const Environment& environment) {
  return ::geteuid() == 0 && !(environment("OMPI_ALLOW_RUN_AS_ROOT").has_value() &&
                               environment("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM").has_value());
}

}  // namespace

Finding examine_cores(const LaunchInfo& launch) {
  const CpuFacts facts = read_cpu_facts();
  const Binding binding = choose_binding(facts, {facts.allowed}, launch, 0);
  return {"cores",
          fmt::format("{} (CPUs {})", binding.summary, to_text(facts.allowed)),
          {{"cores", facts.cores(facts.allowed)},
           {"cpus", to_text(facts.allowed)},
           {"cpu_limit", facts.limit ? Json(*facts.limit) : Json()},
           {"threads_of_one_rank", binding.threads}},
          binding.warning.value_or("")};
}

Finding examine_shared_memory(const std::string& directory) {
  struct statvfs room {};
  if (::statvfs(directory.c_str(), &room) != 0) {
    return {"shared_memory",
            directory + " cannot be looked at",
            {{"path", directory}, {"size_bytes", nullptr}, {"free_bytes", nullptr}},
            "ranks of this machine exchange gradients through anonymous memory instead"};
  }
  const auto unit = static_cast<std::uint64_t>(room.f_frsize);
  const std::uint64_t size = room.f_blocks * unit;
  const std::uint64_t free = room.f_bavail * unit;
  Finding finding{"shared_memory",
                  fmt::format("{}: {} free of {}", directory, gibibytes(static_cast<double>(free)),
                              gibibytes(static_cast<double>(size))),
                  {{"path", directory}, {"size_bytes", size}, {"free_bytes", free}}};
  // Docker's own 64 MiB hold the arena of a small model only.
  if (free < 256u << 20) {
    finding.advice = fmt::format(
        "models of more than {} million parameters on two ranks use anonymous memory instead; in a "
        "container, raise it with --shm-size",
        free / 12'000'000);
  }
  return finding;
}

Finding examine_mpi(const Environment& environment) {
  const std::string library = mpi_library();
  const auto launcher = first_line_of("mpirun --version 2>/dev/null");
  Finding finding{"mpi",
                  fmt::format("{}; {}", library, launcher.value_or("no mpirun on PATH")),
                  {{"library", library}, {"mpirun", launcher ? Json(*launcher) : Json()}}};
  if (!launcher) {
    finding.advice = "without mpirun a run has one rank: install Open MPI's, or put it on PATH";
  } else if (launcher->find("Open MPI") == std::string::npos &&
             launcher->find("OpenRTE") == std::string::npos) {
    finding.stops_runs = true;
    finding.advice =
        fmt::format("'mpirun' is not of {}: put the one of Open MPI first on PATH", library);
  } else if (root_is_refused(environment)) {
    finding.stops_runs = true;
    finding.advice =
        "mpirun refuses to start for root: set OMPI_ALLOW_RUN_AS_ROOT=1 and "
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1, or be another user";
  }
  return finding;
}

Finding examine_gpus(int usable, const std::string& driver) {
  std::vector<std::string> models;
  std::error_code missing;
  for (const auto& gpu : std::filesystem::directory_iterator(driver, missing)) {
    std::ifstream information(gpu.path() / "information");
    std::string line;
    std::getline(information, line);  // "Model:           NVIDIA H200"
    const auto name = line.find_first_not_of(" \t", line.find(':') + 1);
    models.push_back(name == std::string::npos ? "unknown" : line.substr(name));
  }
  Finding finding{"gpus",
                  models.empty() ? "none" : fmt::format("{}", fmt::join(models, ", ")),
                  {{"models", models}, {"usable", usable}}};
  if (!models.empty() && usable == 0) {
    finding.advice = "runs compute on the CPU: build with the preset gpu to use the GPU";
  }
  return finding;
}

Finding examine_nccl() {
  // By name in the process: a build for CPUs has none to link with.
  const auto get_version = reinterpret_cast<int (*)(int*)>(::dlsym(RTLD_DEFAULT, "ncclGetVersion"));
  int version = 0;
  if (get_version == nullptr || get_version(&version) != 0) {
    return {"nccl", "not in this build", {{"version", nullptr}}};
  }
  const std::string text =
      fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
  return {"nccl", text, {{"version", text}}};
}

Finding examine_meter() {
  const SystemClock clock;
  const SensorSet set = make_sensors({}, clock);
  std::vector<std::string> texts;
  Json sensors = Json::array();
  for (const auto& sensor : set.sensors) {
    const SensorInfo& info = sensor->info();
    texts.push_back(fmt::format("{} ({})", info.id, to_string(info.quality)));
    sensors.push_back(
        {{"id", info.id}, {"quality", to_string(info.quality)}, {"source", info.source}});
  }
  return {
      "meter",
      texts.empty() ? "no sensor: energy is unmeasured" : fmt::format("{}", fmt::join(texts, ", ")),
      {{"sensors", sensors}, {"excludes", set.excludes}, {"notes", set.notes}},
      fmt::format("{}", fmt::join(set.notes, " "))};
}

}  // namespace greentrain
