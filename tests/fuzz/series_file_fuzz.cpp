// Any bytes as a carbon series file: series, faults or FeedError, and what was read comes back the
// same from its JSON form. The first byte picks what the reader asks for.
#include <cstdlib>
#include <string_view>

#include "scheduler/carbon/feeds/series_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greentrain;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_round_trip(const CarbonSeries& series) {
  const FeedAnswer again = parse_series_file(
      {"file", "again"}, {series.signal().zone, std::nullopt, series.retrieved_at()},
      to_json(series));
  require(again.series.size() == 1 && again.faults.empty());
  require(again.series[0].values() == series.values());
  require(again.series[0].signal() == series.signal());
  require(again.series[0].start() == series.start());
  require(again.series[0].step() == series.step());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  SeriesFileQuery query{"DE", std::nullopt, *parse_utc("2026-11-20T12:00Z")};
  if (data[0] % 2 == 1) query.basis = EmissionBasis::Direct;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const FeedAnswer answer = parse_series_file({"file", "fuzz"}, query, bytes);
    for (const CarbonSeries& series : answer.series) {
      // Series with long gaps are as large as they are dull.
      if (series.size() < 2000) check_round_trip(series);
    }
  } catch (const FeedError& error) {
    require(!error.fault().found.empty());
  }
  return 0;
}
