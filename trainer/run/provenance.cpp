#include "trainer/run/provenance.h"

#include <fstream>

#include "core/version.h"

namespace greentrain {

std::optional<std::string> cpu_model(const std::filesystem::path& cpuinfo) {
  std::ifstream file(cpuinfo);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(':');
    const auto text = line.find_first_not_of(" \t", colon == std::string::npos ? colon : colon + 1);
    if (text != std::string::npos) return line.substr(text);
  }
  return std::nullopt;
}

Provenance local_provenance(const std::filesystem::path& cpuinfo) {
  const BuildInfo& build = build_info();
  Provenance provenance;
  provenance.greentrain_version = build.version;
  provenance.commit = build.commit;
  provenance.compiler = build.compiler;
  provenance.build_type = build.build_type;
  provenance.cpu = cpu_model(cpuinfo);
  return provenance;
}

}  // namespace greentrain
