#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "comm/communicator.h"
#include "core/error.h"

namespace greentrain {

/// Runs `work` as ranks of the communicator under test, once for each way to build one. Defined by
/// each test program that includes this header.
void on_ranks(const std::function<void(Communicator&)>& work);

/// The promises of Communicator, for each element type, against a serial computation. Values are
/// small integers, so that sums are exact in every type and in every order.
template <class T>
class Collectives : public ::testing::Test {
 protected:
  static constexpr std::size_t kSizes[] = {0, 1, 3, 17, 1000, 1023};
  static constexpr ReduceOp kOps[] = {ReduceOp::Sum, ReduceOp::Min, ReduceOp::Max};

  static int plain(int rank, std::size_t i) {
    return static_cast<int>((i * 7 + static_cast<std::size_t>(rank) * 5) % 23);
  }

  static T element(int value) {
    if constexpr (std::is_same_v<T, BFloat16>) {
      return to_bfloat16(static_cast<float>(value));
    } else {
      return static_cast<T>(value);
    }
  }

  static int number(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) {
      return static_cast<int>(to_float(value));
    } else {
      return static_cast<int>(value);
    }
  }

  static std::vector<T> values_of(int rank, std::size_t count) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = element(plain(rank, i));
    return values;
  }

  static std::vector<int> numbers(const std::vector<T>& values) {
    std::vector<int> result;
    for (const T value : values) result.push_back(number(value));
    return result;
  }

  /// Elements `begin` to `begin + count` of all ranks' values, combined.
  static std::vector<int> combined(int ranks, std::size_t begin, std::size_t count, ReduceOp op) {
    std::vector<int> result;
    for (std::size_t i = begin; i < begin + count; ++i) {
      int value = plain(0, i);
      for (int rank = 1; rank < ranks; ++rank) {
        const int next = plain(rank, i);
        value = op == ReduceOp::Sum   ? value + next
                : op == ReduceOp::Min ? std::min(value, next)
                                      : std::max(value, next);
      }
      result.push_back(value);
    }
    return result;
  }
};

using ElementTypes =
    ::testing::Types<float, BFloat16, double, std::int32_t, std::int64_t, std::uint8_t>;
TYPED_TEST_SUITE(Collectives, ElementTypes);

TYPED_TEST(Collectives, all_reduce_combines_each_element_of_all_ranks) {
  on_ranks([](Communicator& comm) {
    for (const std::size_t count : TestFixture::kSizes) {
      for (const ReduceOp op : TestFixture::kOps) {
        auto values = TestFixture::values_of(comm.rank(), count);
        comm.all_reduce(BufferView::of<TypeParam>(values), op);
        EXPECT_EQ(TestFixture::numbers(values), TestFixture::combined(comm.size(), 0, count, op));
      }
    }
  });
}

TYPED_TEST(Collectives, reduce_scatter_leaves_each_rank_its_part) {
  on_ranks([](Communicator& comm) {
    for (const std::size_t count : TestFixture::kSizes) {
      for (const ReduceOp op : TestFixture::kOps) {
        const auto rank = static_cast<std::size_t>(comm.rank());
        const auto input =
            TestFixture::values_of(comm.rank(), count * static_cast<std::size_t>(comm.size()));
        std::vector<TypeParam> output(count);
        comm.reduce_scatter(ConstBufferView::of<TypeParam>(input),
                            BufferView::of<TypeParam>(output), op);
        EXPECT_EQ(TestFixture::numbers(output),
                  TestFixture::combined(comm.size(), rank * count, count, op));
      }
    }
  });
}

TYPED_TEST(Collectives, all_gather_puts_the_parts_in_rank_order) {
  on_ranks([](Communicator& comm) {
    for (const std::size_t count : TestFixture::kSizes) {
      const auto part = TestFixture::values_of(comm.rank(), count);
      std::vector<TypeParam> output(count * static_cast<std::size_t>(comm.size()));
      comm.all_gather(ConstBufferView::of<TypeParam>(part), BufferView::of<TypeParam>(output));
      std::vector<int> expected;
      for (int rank = 0; rank < comm.size(); ++rank) {
        for (std::size_t i = 0; i < count; ++i) expected.push_back(TestFixture::plain(rank, i));
      }
      EXPECT_EQ(TestFixture::numbers(output), expected);
    }
  });
}

TYPED_TEST(Collectives, all_gather_takes_the_own_part_where_it_lies) {
  on_ranks([](Communicator& comm) {
    constexpr std::size_t kCount = 9;
    std::vector<TypeParam> all(kCount * static_cast<std::size_t>(comm.size()));
    const std::span<TypeParam> own =
        std::span(all).subspan(kCount * static_cast<std::size_t>(comm.rank()), kCount);
    std::ranges::copy(TestFixture::values_of(comm.rank(), kCount), own.begin());
    comm.all_gather(ConstBufferView::of<TypeParam>(own), BufferView::of<TypeParam>(all));
    for (std::size_t i = 0; i < all.size(); ++i) {
      const int rank = static_cast<int>(i / kCount);
      EXPECT_EQ(TestFixture::number(all[i]), TestFixture::plain(rank, i % kCount));
    }
  });
}

TYPED_TEST(Collectives, all_to_all_gives_each_rank_its_part_of_all) {
  on_ranks([](Communicator& comm) {
    const auto ranks = static_cast<std::size_t>(comm.size());
    const auto rank = static_cast<std::size_t>(comm.rank());
    for (const std::size_t count : TestFixture::kSizes) {
      const auto input = TestFixture::values_of(comm.rank(), count * ranks);
      std::vector<TypeParam> output(count * ranks);
      comm.all_to_all(ConstBufferView::of<TypeParam>(input), BufferView::of<TypeParam>(output));
      std::vector<int> expected;
      for (int from = 0; from < comm.size(); ++from) {
        for (std::size_t i = 0; i < count; ++i) {
          expected.push_back(TestFixture::plain(from, rank * count + i));
        }
      }
      EXPECT_EQ(TestFixture::numbers(output), expected);
    }
  });
}

TYPED_TEST(Collectives, broadcast_gives_the_roots_values) {
  on_ranks([](Communicator& comm) {
    for (const std::size_t count : TestFixture::kSizes) {
      for (int root = 0; root < comm.size(); ++root) {
        auto values = TestFixture::values_of(comm.rank(), count);
        comm.broadcast(BufferView::of<TypeParam>(values), root);
        EXPECT_EQ(TestFixture::numbers(values),
                  TestFixture::numbers(TestFixture::values_of(root, count)));
      }
    }
  });
}

template <class T>
void expect_wrapping_sum(Communicator& comm) {
  using Wrapping = std::make_unsigned_t<T>;
  constexpr T kMax = std::numeric_limits<T>::max();
  std::vector<T> values{comm.rank() == 0 ? kMax : T{1}};
  comm.all_reduce(BufferView::of<T>(values));
  const auto ones = static_cast<Wrapping>(comm.size() - 1);
  EXPECT_EQ(static_cast<Wrapping>(values.front()), static_cast<Wrapping>(Wrapping{kMax} + ones));
}

TEST(CommunicatorPromises, integers_wrap_when_a_sum_is_too_large) {
  on_ranks([](Communicator& comm) {
    expect_wrapping_sum<std::int32_t>(comm);
    expect_wrapping_sum<std::int64_t>(comm);
    expect_wrapping_sum<std::uint8_t>(comm);
  });
}

/// Gathers what every rank holds and expects the same bytes everywhere.
template <class T>
void expect_same_bits(Communicator& comm, const std::vector<T>& values) {
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  const auto all = all_gather_text(comm, std::string(bytes, values.size() * sizeof(T)));
  for (const std::string& other : all) EXPECT_EQ(other, all.front());
}

TEST(CommunicatorPromises, every_rank_ends_with_the_same_bits_of_a_rounded_sum) {
  on_ranks([](Communicator& comm) {
    std::vector<float> values(1023);
    double expected = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = std::sin(static_cast<float>(i * 31 + static_cast<std::size_t>(comm.rank())));
    }
    for (int rank = 0; rank < comm.size(); ++rank) expected += std::sin(static_cast<float>(rank));
    comm.all_reduce(BufferView::of<float>(values));
    expect_same_bits(comm, values);
    EXPECT_NEAR(values.front(), expected, 1e-5);
  });
}

TEST(CommunicatorPromises, bfloat16_is_summed_in_float32_and_rounded_once) {
  on_ranks([](Communicator& comm) {
    // 256 + 1 is 256 in bfloat16: summed in it, the ones of further ranks are lost.
    const auto ranks = static_cast<std::size_t>(comm.size());
    std::vector<BFloat16> values(ranks, to_bfloat16(comm.rank() == 0 ? 256.0f : 1.0f));
    std::vector<BFloat16> part(1);
    comm.reduce_scatter(ConstBufferView::of<BFloat16>(values), BufferView::of<BFloat16>(part));
    comm.all_reduce(BufferView::of<BFloat16>(values));
    const BFloat16 expected = to_bfloat16(256.0f + static_cast<float>(ranks - 1));
    EXPECT_EQ(values.front().bits, expected.bits);
    EXPECT_EQ(part.front().bits, expected.bits);
  });
}

template <class T>
void expect_nan_wins(Communicator& comm, T nan, const std::function<bool(T)>& is_nan) {
  for (const ReduceOp op : {ReduceOp::Min, ReduceOp::Max, ReduceOp::Sum}) {
    for (int culprit = 0; culprit < comm.size(); ++culprit) {
      std::vector<T> values{comm.rank() == culprit ? nan : T{}};
      comm.all_reduce(BufferView::of<T>(values), op);
      EXPECT_TRUE(is_nan(values.front())) << "rank " << culprit << " had it";
    }
  }
}

TEST(CommunicatorPromises, a_nan_on_any_rank_makes_the_result_a_nan) {
  on_ranks([](Communicator& comm) {
    expect_nan_wins<float>(comm, NAN, [](float value) { return std::isnan(value); });
    expect_nan_wins<double>(comm, NAN, [](double value) { return std::isnan(value); });
    expect_nan_wins<BFloat16>(comm, to_bfloat16(NAN),
                              [](BFloat16 value) { return std::isnan(to_float(value)); });
  });
}

TEST(CommunicatorPromises, minus_zero_is_less_than_zero_on_every_rank) {
  on_ranks([](Communicator& comm) {
    std::vector<float> min{comm.rank() == 0 ? 0.0f : -0.0f};
    std::vector<float> max{comm.rank() == 0 ? -0.0f : 0.0f};
    comm.all_reduce(BufferView::of<float>(min), ReduceOp::Min);
    comm.all_reduce(BufferView::of<float>(max), ReduceOp::Max);
    EXPECT_EQ(std::signbit(min.front()), comm.size() > 1);
    EXPECT_EQ(std::signbit(max.front()), comm.size() == 1);
  });
}

/// The tree over ranks [first, first + count) as text: "((0 1) (2 3))".
inline std::string tree_of(int first, int count) {
  if (count == 1) return std::to_string(first);
  int half = 1;
  while (half * 2 < count) half *= 2;
  return "(" + tree_of(first, half) + " " + tree_of(first + half, count - half) + ")";
}

TEST(CommunicatorPromises, a_record_is_folded_along_one_tree_everywhere) {
  on_ranks([](Communicator& comm) {
    const auto text_of = [](const Record& record) {
      return std::string(reinterpret_cast<const char*>(record.bytes.data()));
    };
    Record record{};
    record.bytes[0] = static_cast<std::byte>('0' + comm.rank());
    comm.reduce_record(record, [](Record& into, const Record& next) {
      const auto* first = reinterpret_cast<const char*>(into.bytes.data());
      const auto* second = reinterpret_cast<const char*>(next.bytes.data());
      const std::string both = "(" + std::string(first) + " " + second + ")";
      std::memcpy(into.bytes.data(), both.c_str(), both.size() + 1);
    });
    EXPECT_EQ(text_of(record), tree_of(0, comm.size()));
  });
}

TEST(CommunicatorPromises, texts_of_different_lengths_are_gathered_in_rank_order) {
  on_ranks([](Communicator& comm) {
    const auto text_of = [](int rank) { return std::string(static_cast<std::size_t>(rank), 'x'); };
    const auto texts = all_gather_text(comm, text_of(comm.rank()));
    std::vector<std::string> expected;
    for (int rank = 0; rank < comm.size(); ++rank) expected.push_back(text_of(rank));
    EXPECT_EQ(texts, expected);
  });
}

TEST(CommunicatorPromises, a_text_is_broadcast_from_any_rank) {
  on_ranks([](Communicator& comm) {
    for (int root = 0; root < comm.size(); ++root) {
      const std::string own = "of rank " + std::string(1, static_cast<char>('0' + comm.rank()));
      const std::string expected = "of rank " + std::string(1, static_cast<char>('0' + root));
      EXPECT_EQ(broadcast_text(comm, own, root), expected);
      EXPECT_EQ(broadcast_text(comm, "", root), "");
    }
  });
}

TEST(CommunicatorPromises, a_buffer_of_the_wrong_size_or_type_is_refused) {
  on_ranks([](Communicator& comm) {
    const auto ranks = static_cast<std::size_t>(comm.size());
    std::vector<float> part(3);
    std::vector<float> short_by_one(3 * ranks - 1);
    std::vector<std::int32_t> other_type(3 * ranks);
    EXPECT_THROW(
        comm.all_gather(ConstBufferView::of<float>(part), BufferView::of<float>(short_by_one)),
        Error);
    EXPECT_THROW(comm.reduce_scatter(ConstBufferView::of<std::int32_t>(other_type),
                                     BufferView::of<float>(part)),
                 Error);
    comm.barrier();
  });
}

TEST(CommunicatorPromises, ranks_of_one_colour_form_a_group_in_their_order) {
  on_ranks([](Communicator& comm) {
    const auto group = comm.split(comm.rank() % 2);
    std::vector<std::int32_t> ranks(static_cast<std::size_t>(group->size()));
    const std::vector<std::int32_t> own{comm.rank()};
    group->all_gather(ConstBufferView::of<std::int32_t>(own), BufferView::of<std::int32_t>(ranks));
    std::vector<std::int32_t> expected;
    for (int rank = comm.rank() % 2; rank < comm.size(); rank += 2) expected.push_back(rank);
    EXPECT_EQ(ranks, expected);
  });
}

TEST(CommunicatorPromises, the_ranks_of_a_node_keep_their_order) {
  on_ranks([](Communicator& comm) {
    const auto node = comm.split_by_node();
    std::vector<std::int32_t> world_ranks(static_cast<std::size_t>(node->size()));
    const std::vector<std::int32_t> own{comm.rank()};
    node->all_gather(ConstBufferView::of<std::int32_t>(own),
                     BufferView::of<std::int32_t>(world_ranks));
    EXPECT_TRUE(std::ranges::is_sorted(world_ranks));
    EXPECT_EQ(world_ranks[static_cast<std::size_t>(node->rank())], comm.rank());
  });
}

}  // namespace greentrain
