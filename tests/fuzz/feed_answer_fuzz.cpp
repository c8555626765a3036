// Any bytes as the answer of any provider: series, faults or FeedError, and nothing else. The first
// byte picks the page.
#include <array>
#include <cstdlib>
#include <string_view>

#include "scheduler/carbon/feeds/feed_registry.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greentrain;

struct Page {
  const char* provider;
  const char* path;
  const char* zone;
};
constexpr std::array kPages{
    Page{"electricitymaps", "/v3/carbon-intensity/history", "DE"},
    Page{"watttime", "/v3/forecast", "CAISO_NORTH"},
    Page{"watttime", "/v3/historical", "CAISO_NORTH"},
    Page{"watttime", "/v3/forecast/historical", "CAISO_NORTH"},
    Page{"neso", "/intensity", "GB"},
    Page{"neso", "/regional/intensity", "GB-13"},
    Page{"neso", "/regional/intensity", "GB-OX1"},
    Page{"energy-charts", "/co2eq", "DE"},
    Page{"watttime", "/login", ""},
};

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const FeedAnswer& answer, const Page& page) {
  for (const CarbonSeries& series : answer.series) {
    require(series.signal().zone == page.zone && series.provider() == page.provider);
    require(series.values().front().has_value() && series.values().back().has_value());
  }
  for (const FeedFault& fault : answer.faults) require(!to_string(fault).empty());
  facts_of(answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Page& page = kPages[data[0] % kPages.size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto protocol = make_protocol(page.provider);
  const AnswerOrigin origin{page.provider, "https://example.org"};
  try {
    if (std::string_view(page.path) == "/login") {
      protocol->parse_login(origin, body);
      return 0;
    }
    const UtcTime now = *parse_utc("2026-11-20T12:00Z");
    check(protocol->parse({origin, page.path, {page.zone, now}}, body), page);
  } catch (const FeedError& error) {
    require(error.fault().provider == page.provider && !error.fault().found.empty());
  }
  return 0;
}
