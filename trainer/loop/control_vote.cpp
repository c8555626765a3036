#include "trainer/loop/control_vote.h"

#include <cstring>
#include <type_traits>

namespace greentrain {

static_assert(sizeof(ControlVote) <= sizeof(Record));
static_assert(std::is_trivially_copyable_v<ControlVote>);

Record to_record(const ControlVote& vote) {
  Record record{};
  std::memcpy(record.bytes.data(), &vote, sizeof vote);
  return record;
}

ControlVote to_vote(const Record& record) {
  ControlVote vote;
  std::memcpy(&vote, record.bytes.data(), sizeof vote);
  return vote;
}

void combine_votes(Record& into, const Record& next) {
  ControlVote sum = to_vote(into);
  const ControlVote other = to_vote(next);
  sum.non_finite |= other.non_finite;
  sum.stop |= other.stop;
  sum.checkpoint |= other.checkpoint;
  sum.pause |= other.pause;
  sum.plan_stop |= other.plan_stop;
  sum.loss_sum += other.loss_sum;
  sum.samples += other.samples;
  sum.joules += other.joules;
  sum.power += other.power;
  into = to_record(sum);
}

}  // namespace greentrain
