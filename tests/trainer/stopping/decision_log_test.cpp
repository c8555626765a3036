#include "trainer/stopping/decision_log.h"

#include <gmock/gmock.h>

#include "comm/rank_errors.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Decision kGoOn{10, "early_stopping", Joules{1.0 / 3}, false};
const Decision kStop{20, "early_stopping", std::nullopt, true};

TEST(DecisionLog, records_a_line_for_each_decision_that_reads_back_exactly) {
  const TestFolder folder;
  const auto path = folder / "decisions.jsonl";
  DecisionLog log(path);
  EXPECT_FALSE(std::filesystem::exists(path)) << "made before there is anything to record";
  EXPECT_EQ(log.joules(10, kGoOn.joules), kGoOn.joules);
  log.decided(kGoOn);
  log.decided(kStop);
  EXPECT_EQ(read_file(path),
            R"({"step":10,"decision":"early_stopping","joules":0.3333333333333333,"stop":false})"
            "\n"
            R"({"step":20,"decision":"early_stopping","joules":null,"stop":true})"
            "\n");
  EXPECT_EQ(parse_decisions(read_file(path), "decisions.jsonl"), (std::vector{kGoOn, kStop}));
}

TEST(DecisionLog, reads_in_a_replay_what_was_read_then) {
  DecisionLog log(std::nullopt, {kGoOn, kStop}, "old.jsonl");
  EXPECT_EQ(log.joules(10, Joules{77}), kGoOn.joules);
  log.decided(kGoOn);
  EXPECT_EQ(log.joules(20, Joules{99}), std::nullopt);
  log.decided(kStop);
}

TEST(DecisionLog, a_replay_records_too) {
  const TestFolder folder;
  DecisionLog log(folder / "new.jsonl", {kGoOn}, "old.jsonl");
  log.joules(10, std::nullopt);
  log.decided(kGoOn);
  EXPECT_EQ(parse_decisions(read_file(folder / "new.jsonl"), ""), std::vector{kGoOn});
}

TEST(DecisionLog, refuses_a_record_that_lacks_the_step) {
  DecisionLog log(std::nullopt, {kGoOn}, "old.jsonl");
  EXPECT_THAT([&] { log.joules(5, std::nullopt); },
              ThrowsMessage<SharedError>(
                  HasSubstr("old.jsonl: has no decision for step 5: the next one is of step 10")));
  log.joules(10, std::nullopt);
  log.decided(kGoOn);
  EXPECT_THAT([&] { log.joules(20, std::nullopt); },
              ThrowsMessage<SharedError>(HasSubstr("its 1 end before")));
}

TEST(DecisionLog, refuses_to_decide_otherwise_than_recorded) {
  DecisionLog log(std::nullopt, {kGoOn}, "old.jsonl");
  log.joules(10, std::nullopt);
  Decision other = kGoOn;
  other.stop = true;
  EXPECT_THAT([&] { log.decided(other); },
              ThrowsMessage<SharedError>(HasSubstr("recorded there is to go on")));
}

TEST(DecisionLog, names_the_line_that_is_not_a_decision) {
  const std::string good = R"({"step":10,"decision":"early_stopping","joules":1.5,"stop":false})"
                           "\n";
  EXPECT_TRUE(parse_decisions("", "x").empty());
  for (const std::string bad :
       {R"({"step":10})", "[]", "{", R"({"step":"10","decision":"a"})",
        R"({"step":1e300,"decision":"early_stopping","joules":1.5,"stop":false})"}) {
    EXPECT_THAT([&] { parse_decisions(good + bad + "\n", "old.jsonl"); },
                ThrowsMessage<UsageError>(HasSubstr("old.jsonl:2: not a decision")));
  }
}

TEST(DecisionLog, a_full_disk_is_an_error) {
  DecisionLog log("/dev/full");
  EXPECT_THAT([&] { log.decided(kGoOn); },
              ThrowsMessage<Error>(HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace greentrain
