// Any bytes as the account of a run: one that reads back as it was written, or UsageError.
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "scheduler/govern/run_account_file.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace greentrain;
  try {
    const auto account =
        RunAccountFile::from_json("fuzz", {reinterpret_cast<const char*>(data), size});
    const std::string text = account.to_json();
    if (RunAccountFile::from_json("fuzz", text).to_json() != text) std::abort();
  } catch (const UsageError& error) {
    if (!std::string(error.what()).starts_with("fuzz: ")) std::abort();
  }
  return 0;
}
