#include "comm/watch/heartbeat.h"

#include <algorithm>
#include <new>
#include <unistd.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

constexpr std::array<const char*, 9> kOperationNames{"",           "all_reduce", "reduce_scatter",
                                                     "all_gather", "all_to_all", "broadcast",
                                                     "barrier",    "record",     "bucket"};

}  // namespace

std::string to_string(Operation operation) {
  return kOperationNames.at(static_cast<std::size_t>(operation));
}

Heartbeats::Heartbeats(Communicator& node, int rank, const SharedMemory::Source& source)
    : size_(static_cast<std::size_t>(node.size())), own_(static_cast<std::size_t>(node.rank())) {
  try {
    shared_.emplace(SharedMemory::create(node, sizeof(Board) + size_ * sizeof(Slot), source));
  } catch (const Error& error) {  // The same on every rank; being watched is not worth a run.
    problem_ = error.what();
    private_ = std::make_unique<Private>();
    size_ = 1;
    own_ = 0;
  }
  const ProcessId process = process_id(getpid());
  slot(own_).pid.store(process.pid);
  slot(own_).start_time.store(process.start_time);
  slot(own_).rank.store(rank);
  beat({.time = std::chrono::steady_clock::now()});
  node.barrier();
}

// Fresh shared memory is all zeros, which is a board nobody spoke on and slots without a beat.
Heartbeats::Board& Heartbeats::board() const {
  if (private_) return private_->board;
  return *std::launder(reinterpret_cast<Board*>(shared_->data()));
}

Heartbeats::Slot& Heartbeats::slot(std::size_t index) const {
  if (private_) return private_->slot;
  return std::launder(reinterpret_cast<Slot*>(shared_->data() + sizeof(Board)))[index];
}

void Heartbeats::beat(const Beat& beat) {
  Slot& mine = slot(own_);
  const std::uint64_t count = mine.beats.load(kRelaxed);
  Event& event = mine.events[count % kHistory];
  event.time.store(beat.time.time_since_epoch().count(), kRelaxed);
  event.step.store(beat.step, kRelaxed);
  event.what.store(std::uint64_t{beat.number} | std::uint64_t{beat.phase} << 32 |
                       std::uint64_t{static_cast<std::uint8_t>(beat.operation)} << 40 |
                       std::uint64_t{beat.bucket} << 48,
                   kRelaxed);
  mine.beats.store(count + 1, std::memory_order_release);
}

void Heartbeats::leave() { slot(own_).left.store(1); }

Beat Heartbeats::read(const Event& event) {
  const std::uint64_t what = event.what.load(kRelaxed);
  return {Clock::Instant(Clock::Instant::duration(event.time.load(kRelaxed))),
          event.step.load(kRelaxed),
          static_cast<std::uint8_t>(what >> 32),
          static_cast<Operation>(what >> 40 & 0xff),
          static_cast<std::uint16_t>(what >> 48),
          static_cast<std::uint32_t>(what)};
}

Pulse Heartbeats::pulse(std::size_t index) const {
  const Slot& its = slot(index);
  const std::uint64_t beats = its.beats.load(std::memory_order_acquire);
  return {its.rank.load(),
          {its.pid.load(), its.start_time.load()},
          its.left.load() != 0,
          read(its.events[(beats - 1) % kHistory])};
}

std::vector<Beat> Heartbeats::history(std::size_t index) const {
  const Slot& its = slot(index);
  const std::uint64_t beats = its.beats.load(std::memory_order_acquire);
  std::vector<Beat> result;
  for (std::uint64_t i = beats - std::min<std::uint64_t>(beats, kHistory); i < beats; ++i) {
    result.push_back(read(its.events[i % kHistory]));
  }
  return result;
}

bool Heartbeats::claim_to_speak() {
  std::int32_t nobody = 0;
  return board().speaker.compare_exchange_strong(nobody, static_cast<std::int32_t>(own_) + 1);
}

}  // namespace greentrain
