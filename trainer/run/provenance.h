#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace greentrain {

/// What one must know to get the same result again. What is unknown is empty.
struct Provenance {
  std::string greentrain_version{};
  std::string commit{};      ///< "unknown" when built without git.
  std::string compiler{};    ///< "GNU 12.2.0".
  std::string build_type{};  ///< "Release".
  std::optional<std::string> torch_version{};
  std::optional<std::string> mkl{};    ///< Instructions it uses: "AVX-512"; empty without MKL.
  std::optional<std::string> mpi{};    ///< "Open MPI 4.1.4"; empty without MPI.
  std::optional<std::string> cpu{};    ///< Of rank 0's host, as in /proc/cpuinfo.
  std::vector<std::string> devices{};  ///< "cpu", "NVIDIA H100 ...".
  std::int64_t ranks{1};
  std::string exchange{};  ///< How gradients travelled, and why so.
  std::int64_t threads_per_rank{1};
  std::vector<std::string> hosts{};
  std::string data_name{};
  std::string data_sha256{};
  std::string
      config_sha256{};  ///< The same for configs that mean the same: core/config/resolved.h.
  std::vector<std::string> command_line{};
};

/// What this binary and machine say of themselves; the rest is the caller's to fill in.
Provenance local_provenance(const std::filesystem::path& cpuinfo = "/proc/cpuinfo");

/// "AMD EPYC 7B13"; empty when the file has no `model name`.
std::optional<std::string> cpu_model(const std::filesystem::path& cpuinfo);

}  // namespace greentrain
