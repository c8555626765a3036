#include "comm/arena/arena.h"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comm/thread_communicator.h"
#include "core/error.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

TEST(Arena, every_rank_sees_what_the_others_wrote_before_the_barrier) {
  for (const int ranks : {1, 2, 3, 4}) {
    run_ranks(ranks, [&](Communicator& node) {
      Arena arena(node, {64, 1000, 0});
      for (int round = 0; round < 100; ++round) {
        arena.slab(arena.rank())[999] = static_cast<std::byte>(round + arena.rank());
        arena.barrier();
        for (int rank = 0; rank < ranks; ++rank) {
          ASSERT_EQ(arena.slab(rank)[999], static_cast<std::byte>(round + rank));
        }
        arena.barrier();
      }
    });
  }
}

TEST(Arena, regions_are_page_aligned_and_do_not_overlap) {
  run_ranks(2, [](Communicator& node) {
    Arena arena(node, {5000, 10, 3});
    const auto address = [](std::span<std::byte> region) {
      return reinterpret_cast<std::uintptr_t>(region.data());
    };
    EXPECT_EQ(address(arena.common()) % 4096, 0u);
    EXPECT_EQ(address(arena.slab(0)) % 4096, 0u);
    EXPECT_GE(address(arena.slab(0)), address(arena.common()) + 5000);
    EXPECT_GE(address(arena.slab(1)), address(arena.slab(0)) + arena.slab(0).size());
    EXPECT_NE(&arena.counter(0, 2), &arena.counter(1, 2));
  });
}

TEST(Arena, folds_records_along_the_tree_many_times_in_a_row) {
  run_ranks(3, [](Communicator& node) {
    Arena arena(node, {});
    for (unsigned round = 0; round < 200; ++round) {
      Record record{};
      record.bytes[0] = static_cast<std::byte>(arena.rank() + 1);
      record.bytes[1] = static_cast<std::byte>(round);
      arena.post_record(record);
      record = arena.collect_records([](Record& into, const Record& next) {
        const unsigned digits = 4 * std::to_integer<unsigned>(into.bytes[0]);
        into.bytes[0] = static_cast<std::byte>(digits + std::to_integer<unsigned>(next.bytes[0]));
      });
      ASSERT_EQ(std::to_integer<unsigned>(record.bytes[0]), (1u * 4 + 2) * 4 + 3);
      ASSERT_EQ(record.bytes[1], static_cast<std::byte>(round));
    }
  });
}

TEST(Arena, falls_back_to_memfd_and_says_why) {
  run_ranks(2, [](Communicator& node) {
    Arena arena(node, {4096, 4096, 0}, {"/no/such/folder", true});
    EXPECT_THAT(arena.origin(), HasSubstr("memfd"));
    EXPECT_THAT(arena.origin(), HasSubstr("/no/such/folder"));
    arena.slab(arena.rank())[0] = std::byte{1};
    arena.barrier();
  });
}

TEST(Arena, every_rank_hears_why_there_is_no_memory) {
  run_ranks(2, [](Communicator& node) {
    try {
      Arena arena(node, {4096, std::size_t{1} << 50, 0}, {"/dev/shm", false});
      FAIL() << "expected an error";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("MiB are needed"));
    }
  });
}

TEST(Arena, leaves_no_file_behind) {
  const auto files = [] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
      ++count;
    }
    return count;
  };
  const std::size_t before = files();
  run_ranks(2, [&](Communicator& node) {
    Arena arena(node, {4096, 4096, 0});
    arena.barrier();
    EXPECT_EQ(files(), before);
  });
}

TEST(Arena, an_abandoned_rank_throws_instead_of_waiting_for_ever) {
  std::atomic<int> thrown{0};
  run_ranks(2, [&](Communicator& node) {
    Arena arena(node, {});
    if (arena.rank() == 1) {
      arena.abandon();
      return;
    }
    EXPECT_THROW(arena.barrier(), Error);
    ++thrown;
  });
  EXPECT_EQ(thrown, 1);
}

TEST(SharedCounter, keeps_its_order_across_the_wrap) {
  SharedCounter counter;
  counter.value = 0xFFFFFFFFu;
  EXPECT_TRUE(counter.reached(0xFFFFFFFFu));
  EXPECT_FALSE(counter.reached(0));
  counter.raise_to(1);
  EXPECT_TRUE(counter.reached(0));
  EXPECT_TRUE(counter.reached(1));
  EXPECT_FALSE(counter.reached(2));
}

}  // namespace
}  // namespace greentrain
