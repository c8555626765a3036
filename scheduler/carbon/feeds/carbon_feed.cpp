#include "scheduler/carbon/feeds/carbon_feed.h"

#include <algorithm>

namespace greentrain {

FeedFacts facts_of(const FeedAnswer& answer) {
  FeedFacts facts;
  for (const CarbonSeries& series : answer.series) {
    if (series.method() == SeriesMethod::Static) continue;
    // A clock that runs ahead must not make an answer fresher than the moment it came.
    const UtcTime generated = std::min(series.generated_at(), series.retrieved_at());
    facts.generated_at = std::max(facts.generated_at.value_or(generated), generated);
    if (series.method() == SeriesMethod::Forecast) {
      facts.forecast_end = std::max(facts.forecast_end.value_or(series.end()), series.end());
    }
  }
  facts.last_rejected =
      std::any_of(answer.faults.begin(), answer.faults.end(),
                  [](const FeedFault& fault) { return fault.kind == FaultKind::Suspect; });
  return facts;
}

void tell(FeedWatch& watch, const FeedAnswer& answer) {
  const FeedFacts facts = facts_of(answer);
  if (facts.generated_at) watch.accept(*facts.generated_at, facts.forecast_end);
  for (const FeedFault& fault : answer.faults) {
    if (fault.kind == FaultKind::Suspect) watch.reject(to_string(fault));
  }
  watch.look();
}

}  // namespace greentrain
