// Any bytes as a job trace or a cap curve: values within their limits or UsageError, and nothing
// else. The first byte picks the parser.
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "scheduler/plan/plan_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greentrain;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_trace(std::string_view bytes) {
  Seconds before{0};
  for (const TraceJob& job : parse_job_trace("fuzz", bytes)) {
    require(job.arrival >= before && job.length.count() >= 1 && job.nodes >= 1);
    before = job.arrival;
  }
}

void check_curve(std::string_view bytes) {
  const auto curve = parse_cap_curve("fuzz", bytes);
  require(!curve.empty());
  const auto levels = efficient_levels(cap_levels(curve, Watts{1000}));
  require(!levels.empty() && levels.front().speed >= levels.back().speed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    data[0] % 2 == 0 ? check_trace(bytes) : check_curve(bytes);
  } catch (const UsageError& error) {
    require(std::string_view(error.what()).starts_with("fuzz: "));
  }
  return 0;
}
