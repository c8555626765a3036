#include "meter/cli/node_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

/// A name that is safe as part of a file's name.
std::string plain(std::string text) {
  for (char& letter : text) {
    const bool safe = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-';
    if (!safe) letter = '_';
  }
  return text;
}

}  // namespace

std::optional<std::string> job_of(const Environment& environment) {
  if (const auto job = environment("SLURM_JOB_ID")) {
    return "slurm-" + *job + "-" + environment("SLURM_STEP_ID").value_or("batch");
  }
  for (const char* name : {"PMIX_NAMESPACE", "OMPI_MCA_orte_ess_jobid", "PMI_JOBID", "PALS_APID"}) {
    if (const auto job = environment(name)) return *job;
  }
  return std::nullopt;
}

std::unique_ptr<NodeLock> NodeLock::try_take(const std::filesystem::path& folder,
                                             const std::filesystem::path& proc,
                                             const std::string& job) {
  const std::string boot =
      read_small_file(proc / "sys/kernel/random/boot_id").value_or("unknown-boot");
  const std::string path = (folder / ("greenmeter-" + std::to_string(geteuid()) + "-" +
                                      plain(boot) + "-" + plain(job) + ".lock"))
                               .string();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<NodeLock>(new NodeLock(file));
  }
  const int error = errno;
  if (file >= 0) close(file);
  if (error == EWOULDBLOCK) return nullptr;
  throw Error("cannot take the lock " + path + ": " + std::strerror(error) +
              "; set TMPDIR to a folder that can be written to");
}

NodeLock::~NodeLock() { close(file_); }

}  // namespace greentrain
