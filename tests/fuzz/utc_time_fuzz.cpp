// Any bytes as a date or a Retry-After header; a date that is read is written and read as the same.
#include <cstdlib>
#include <string>

#include "scheduler/carbon/feeds/retry.h"
#include "scheduler/carbon/utc_time.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace greentrain;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const NaiveTime naive : {NaiveTime::Refuse, NaiveTime::IsUtc}) {
    const auto time = parse_utc(text, naive);
    if (time && format_utc(*time).size() <= 20 && parse_utc(format_utc(*time)) != time)
      std::abort();
  }
  parse_retry_after(text, UtcTime{});
  return 0;
}
