// Parsers see bytes that nobody checked: whatever these are, they either make whole samples or a
// UsageError, within the bytes they were given. A sanitizer build sees reads beyond these.

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/trainer/data/format/sample_files.h"
#include "trainer/data/counter_random.h"
#include "trainer/data/format/cifar10.h"
#include "trainer/data/format/csv.h"
#include "trainer/data/format/gzip.h"
#include "trainer/data/format/idx.h"

namespace greentrain {
namespace {

constexpr int kMutants = 4000;
constexpr int kMostEdits = 6;

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutant(std::string bytes) {
    for (std::size_t edits = 1 + pick(kMostEdits); edits > 0; --edits) edit(bytes);
    return bytes;
  }

 private:
  std::size_t pick(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound)); }

  char byte() {
    constexpr std::string_view kTelling("\0\x01\x7f\x80\xff\x08\x1f\x8b,;\n\r -+.eEnainf0189", 27);
    return pick(2) == 0 ? kTelling[pick(kTelling.size())] : static_cast<char>(pick(256));
  }

  void edit(std::string& bytes) {
    const std::size_t at = pick(bytes.size() + 1);
    const std::size_t size = pick(pick(2) == 0 ? 4 : bytes.size() + 1);
    switch (pick(6)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.erase(at, size);
        break;
      case 2:
        bytes.insert(at, 1 + size % 8, byte());
        break;
      case 3:
        bytes.insert(at, bytes.substr(pick(bytes.size() + 1), size));
        break;
      default:
        if (at < bytes.size()) bytes[at] = byte();
    }
  }

  CounterRandom random_;
};

/// Calls `parse` on mutants of the bytes, each in an allocation of just its size. Returns how many
/// were accepted; what is thrown besides UsageError fails the test.
int accepted(const std::string& bytes, const std::function<void(std::span<const char>)>& parse) {
  Mutator mutator(20'240'229);
  int count = 0;
  for (int i = 0; i < kMutants; ++i) {
    const std::string mutant = mutator.mutant(bytes);
    const auto exact = std::make_unique<char[]>(mutant.size());
    std::ranges::copy(mutant, exact.get());
    try {
      parse({exact.get(), mutant.size()});
      ++count;
    } catch (const UsageError&) {
    }
  }
  return count;
}

template <class Value>
void expect_whole_samples(const LabelledRows<Value>& rows, std::int64_t classes) {
  std::size_t columns = 1;
  for (const std::int64_t size : rows.shape) columns *= static_cast<std::size_t>(size);
  ASSERT_FALSE(rows.labels.empty());
  ASSERT_EQ(rows.values.size(), rows.labels.size() * columns);
  for (const Value value : rows.values) ASSERT_TRUE(std::isfinite(static_cast<double>(value)));
  for (const std::int64_t label : rows.labels) {
    ASSERT_GE(label, 0);
    ASSERT_LT(label, classes);
  }
}

TEST(DamagedBytes, csv_is_parsed_or_refused) {
  const std::string bytes = "a,b,label\n1,2.5,0\r\n-3e2,+4,1\n\n 5 ,6,2\n";
  const int count = accepted(bytes, [](std::span<const char> mutant) {
    FloatRows rows;
    append_csv({"a.csv", mutant}, rows);
    expect_whole_samples(rows, kMaxCsvLabel + 1);
  });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kMutants);
}

TEST(DamagedBytes, idx_images_are_parsed_or_refused) {
  const std::string labels = idx({3}, "abc");
  const int count = accepted(idx({3, 2, 2}, "abcdefghijkl"), [&](std::span<const char> mutant) {
    ByteRows rows;
    append_idx({"images", mutant}, {"labels", labels}, rows);
    expect_whole_samples(rows, 256);
  });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kMutants);
}

TEST(DamagedBytes, idx_labels_are_parsed_or_refused) {
  const std::string images = idx({3, 1, 1}, "abc");
  const int count = accepted(idx({3}, "abc"), [&](std::span<const char> mutant) {
    ByteRows rows;
    append_idx({"images", images}, {"labels", mutant}, rows);
    expect_whole_samples(rows, 256);
  });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kMutants);
}

TEST(DamagedBytes, cifar10_is_parsed_or_refused) {
  const int count =
      accepted(cifar10_row(3, 'a') + cifar10_row(4, 'b'), [](std::span<const char> mutant) {
        ByteRows rows;
        append_cifar10({"batch.bin", mutant}, rows);
        expect_whole_samples(rows, kCifar10Classes);
      });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kMutants);
}

TEST(DamagedBytes, gzip_is_unpacked_or_refused) {
  const std::string text = "1,2,0\n3,4,1\n5,6,2\n7,8,3\n";
  const int count = accepted(gzip(text) + gzip(text),
                             [](std::span<const char> mutant) { gunzip("a.gz", mutant); });
  EXPECT_GT(count, 0);
  EXPECT_LT(count, kMutants);
}

}  // namespace
}  // namespace greentrain
