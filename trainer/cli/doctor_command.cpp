#include "trainer/cli/doctor_command.h"

#include <memory>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "trainer/cli/doctor/blas.h"
#include "trainer/cli/doctor/machine.h"
#include "trainer/cli/standard_output.h"
#include "trainer/run/provenance.h"

namespace greentrain {
namespace {

constexpr int kVersion = 1;  // Of the JSON; goes up when a field changes its meaning or goes away.

std::vector<Finding> examine(const Environment& environment, const LaunchInfo& launch) {
  const int gpus = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  return {examine_blas(),           examine_cores(launch), examine_shared_memory(),
          examine_mpi(environment), examine_gpus(gpus),    examine_nccl(),
          examine_meter()};
}

std::string as_table(const std::vector<Finding>& findings, const std::string& cpu) {
  std::string text = fmt::format("{:15}{}, {}\n", "host", host_name(), cpu);
  for (const Finding& finding : findings) {
    text += fmt::format("{:15}{}\n", finding.name, finding.summary);
    if (finding.advice.empty()) continue;
    text +=
        fmt::format("{:15}{} {}\n", "", finding.stops_runs ? "STOPS RUNS:" : "->", finding.advice);
  }
  return text;
}

std::string as_json(const std::vector<Finding>& findings, const std::string& cpu) {
  nlohmann::ordered_json json{{"schema_version", kVersion}, {"host", host_name()}, {"cpu", cpu}};
  for (const Finding& finding : findings) {
    json[finding.name] = finding.figures;
    json[finding.name]["advice"] = finding.advice;
    json[finding.name]["stops_runs"] = finding.stops_runs;
  }
  return json.dump(2) + "\n";
}

void print_findings(const Environment& environment, const LaunchInfo& launch, bool json) {
  const std::vector<Finding> findings = examine(environment, launch);
  const std::string cpu = cpu_model("/proc/cpuinfo").value_or("unknown CPU");
  print(json ? as_json(findings, cpu) : as_table(findings, cpu));
  std::vector<std::string> problems;
  for (const Finding& finding : findings) {
    if (finding.stops_runs) problems.push_back(finding.name + ": " + finding.advice);
  }
  if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
}

}  // namespace

void add_doctor_command(CLI::App& app, const Environment& environment, const LaunchInfo& launch) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "Look at what this machine and build give a run");
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, environment, launch] { print_findings(environment, launch, *json); });
}

}  // namespace greentrain
