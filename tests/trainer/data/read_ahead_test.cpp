#include "trainer/data/read_ahead.h"

#include <atomic>
#include <latch>
#include <stdexcept>

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using Item = std::vector<std::int64_t>;

void fill_with_squares(std::int64_t number, Item& item) { item.assign(3, number * number); }

TEST(ReadAhead, gives_the_same_items_for_any_number_of_threads) {
  for (const int threads : {0, 1, 2, 5}) {
    for (const std::int64_t depth : {1, 2, 7}) {
      ReadAhead<Item> items(threads, depth, fill_with_squares);
      items.extend(200);
      for (std::int64_t i = 0; i < 200; ++i) {
        ASSERT_EQ(items.next(), Item(3, i * i)) << threads << " threads, depth " << depth;
      }
    }
  }
}

TEST(ReadAhead, reads_on_when_there_is_more) {
  ReadAhead<Item> items(2, 4, fill_with_squares);
  for (std::int64_t end = 1; end <= 20; ++end) {
    items.extend(end);
    EXPECT_EQ(items.next().front(), (end - 1) * (end - 1));
  }
}

TEST(ReadAhead, fills_no_item_past_the_end_and_no_more_than_its_depth_ahead) {
  std::atomic<std::int64_t> largest{-1};
  std::latch eight(8);
  {
    ReadAhead<Item> items(3, 8, [&](std::int64_t number, Item& item) {
      std::int64_t seen = largest;
      while (seen < number && !largest.compare_exchange_weak(seen, number)) {
      }
      fill_with_squares(number, item);
      if (number < 8) eight.count_down();
    });
    items.extend(100);
    eight.wait();
    EXPECT_EQ(largest, 7);
    for (int i = 0; i < 8; ++i) items.next();
  }
  EXPECT_LE(largest, 14);  // Item 7 is in use and was not to be overwritten.
  std::atomic<std::int64_t> filled{0};
  {
    ReadAhead<Item> items(2, 8, [&](std::int64_t, Item&) { ++filled; });
    items.extend(3);
    for (int i = 0; i < 3; ++i) items.next();
  }
  EXPECT_EQ(filled, 3);
}

TEST(ReadAhead, an_item_stays_as_it_is_until_the_next_is_asked_for) {
  ReadAhead<Item> items(4, 2, fill_with_squares);
  items.extend(500);
  for (std::int64_t i = 0; i < 500; ++i) {
    const Item& item = items.next();
    for (int look = 0; look < 20; ++look) ASSERT_EQ(item, Item(3, i * i));
  }
}

TEST(ReadAhead, throws_what_a_fill_threw_at_its_item) {
  for (const int threads : {0, 1, 3}) {
    ReadAhead<Item> items(threads, 4, [](std::int64_t number, Item& item) {
      if (number == 5) throw std::runtime_error("file 5: gone");
      fill_with_squares(number, item);
    });
    items.extend(10);
    for (std::int64_t i = 0; i < 5; ++i) EXPECT_EQ(items.next().front(), i * i);
    EXPECT_THAT([&] { items.next(); },
                ::testing::ThrowsMessage<std::runtime_error>("file 5: gone"));
  }
}

TEST(ReadAhead, ends_with_items_that_nobody_took) {
  for (const int threads : {1, 3}) {
    ReadAhead<Item> items(threads, 4, fill_with_squares);
    items.extend(1000);
    items.next();
  }
}

TEST(ReadAhead, ends_before_it_had_anything_to_do) {
  ReadAhead<Item> items(3, 4, fill_with_squares);
}

TEST(ReadAhead, counts_the_time_that_an_item_was_not_ready) {
  std::latch asked(1);
  ReadAhead<Item> late(1, 2, [&](std::int64_t number, Item& item) {
    asked.wait();
    fill_with_squares(number, item);
  });
  late.extend(1);
  std::thread helper([&] { asked.count_down(); });
  late.next();
  helper.join();
  ReadAhead<Item> in_place(0, 2, fill_with_squares);
  EXPECT_EQ(in_place.waited(), Seconds{0});
  in_place.extend(1);
  in_place.next();
  EXPECT_GT(in_place.waited(), Seconds{0});
}

}  // namespace
}  // namespace greentrain
