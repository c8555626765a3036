#include "comm/arena/arena.h"

#include <array>
#include <new>

#include <fmt/format.h>

#include "comm/fold.h"
#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kPage = 4096;
constexpr int kMaxRanks = 256;

std::size_t whole_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

struct Arena::Control {
  std::atomic<std::uint32_t> gone{0};
  std::array<SharedCounter, kMaxRanks> arrived;
  std::array<SharedCounter, kMaxRanks> posted;
  /// Two sets in turn: a rank may post its next record while a slow one still reads the last.
  std::array<std::array<Record, kMaxRanks>, 2> records;
};

Arena::Arena(Communicator& node, Sizes sizes, const SharedMemory::Source& source)
    : rank_(node.rank()),
      ranks_(node.size()),
      sizes_{whole_pages(sizes.common_bytes), whole_pages(sizes.slab_bytes), sizes.counters},
      memory_(SharedMemory::create(
          node,
          whole_pages(sizeof(Control)) + sizes_.common_bytes +
              (counter_bytes() + sizes_.slab_bytes) * static_cast<std::size_t>(node.size()),
          source)),
      waiter_(control().gone) {
  if (ranks_ > kMaxRanks) {
    throw Error(
        fmt::format("{} ranks on one node; the arena holds at most {}.", ranks_, kMaxRanks));
  }
  // Fresh shared memory is all zeros, which is the first state of every counter in Control.
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
}

Arena::Control& Arena::control() const {
  return *std::launder(reinterpret_cast<Control*>(memory_.data()));
}

std::span<std::byte> Arena::common() const {
  return {memory_.data() + whole_pages(sizeof(Control)), sizes_.common_bytes};
}

std::span<std::byte> Arena::slab(int rank) const {
  return {rank_area(rank) + counter_bytes(), sizes_.slab_bytes};
}

SharedCounter& Arena::counter(int rank, std::size_t index) const {
  return std::launder(reinterpret_cast<SharedCounter*>(rank_area(rank)))[index];
}

std::byte* Arena::rank_area(int rank) const {
  return common().data() + sizes_.common_bytes +
         static_cast<std::size_t>(rank) * (counter_bytes() + sizes_.slab_bytes);
}

std::size_t Arena::counter_bytes() const {
  return whole_pages(sizes_.counters * sizeof(SharedCounter));
}

void Arena::barrier() {
  ++barriers_;
  auto& arrived = control().arrived;
  arrived[static_cast<std::size_t>(rank_)].raise_to(barriers_);
  for (int other = 0; other < ranks_; ++other) {
    waiter_.wait(arrived[static_cast<std::size_t>(other)], barriers_);
  }
}

void Arena::post_record(const Record& mine) {
  control().records[++records_ % 2][static_cast<std::size_t>(rank_)] = mine;
  control().posted[static_cast<std::size_t>(rank_)].raise_to(records_);
}

Record Arena::collect_records(CombineRecord combine) {
  for (int other = 0; other < ranks_; ++other) {
    waiter_.wait(control().posted[static_cast<std::size_t>(other)], records_);
  }
  const auto& records = control().records[records_ % 2];
  Record result;
  fold_records(std::span(records).first(static_cast<std::size_t>(ranks_)), result, combine);
  return result;
}

void Arena::abandon() { control().gone.store(1); }

}  // namespace greentrain
