#include "scheduler/govern/energy_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/plan/sample_jobs.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(EnergyLedger, counts_from_the_first_call_on) {
  EnergyLedger ledger(5min);
  ledger.book(kNoon, Joules{100}, false);
  EXPECT_THAT(ledger.pieces(), IsEmpty());
  ledger.book(kNoon + 10s, Joules{130}, false);
  EXPECT_THAT(ledger.pieces(), ElementsAre(EnergyPiece{kNoon, kNoon + 10s, Joules{30}, false}));
}

TEST(EnergyLedger, keeps_running_and_pausing_apart) {
  EnergyLedger ledger(5min);
  ledger.book(kNoon, Joules{0}, false);
  ledger.book(kNoon + 10s, Joules{30}, false);
  ledger.book(kNoon + 20s, Joules{60}, false);
  ledger.book(kNoon + 30s, Joules{65}, true);
  ledger.book(kNoon + 40s, Joules{95}, false);
  EXPECT_THAT(ledger.pieces(),
              ElementsAre(EnergyPiece{kNoon, kNoon + 20s, Joules{60}, false},
                          EnergyPiece{kNoon + 20s, kNoon + 30s, Joules{5}, true},
                          EnergyPiece{kNoon + 30s, kNoon + 40s, Joules{30}, false}));
}

TEST(EnergyLedger, begins_a_piece_at_each_multiple_of_its_step) {
  EnergyLedger ledger(5min);
  ledger.book(kNoon, Joules{0}, false);
  for (int minute = 1; minute <= 10; ++minute) {
    ledger.book(kNoon + minute * 1min, Joules{10.0 * minute}, false);
  }
  EXPECT_THAT(ledger.pieces(),
              ElementsAre(EnergyPiece{kNoon, kNoon + 5min, Joules{50}, false},
                          EnergyPiece{kNoon + 5min, kNoon + 10min, Joules{50}, false}));
}

TEST(EnergyLedger, loses_nothing_within_a_second_or_when_the_clock_is_set_back) {
  EnergyLedger ledger(5min);
  ledger.book(kNoon, Joules{0}, false);
  ledger.book(kNoon, Joules{3}, false);
  ledger.book(kNoon + 1s, Joules{5}, false);
  ledger.book(kNoon - 1h, Joules{9}, false);
  EXPECT_THAT(ledger.pieces(), ElementsAre(EnergyPiece{kNoon, kNoon + 1s, Joules{9}, false}));
}

}  // namespace
}  // namespace greentrain
