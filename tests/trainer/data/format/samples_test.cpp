#include "trainer/data/format/samples.h"

#include <limits>

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Shape = std::vector<std::int64_t>;

TEST(CheckedShape, without_a_wish_samples_are_flat) {
  EXPECT_THAT(checked_shape({}, 64), ElementsAre(64));
}

TEST(CheckedShape, takes_what_multiplies_to_the_columns) {
  EXPECT_THAT(checked_shape(Shape{64}, 64), ElementsAre(64));
  EXPECT_THAT(checked_shape(Shape{1, 8, 8}, 64), ElementsAre(1, 8, 8));
}

TEST(CheckedShape, refuses_what_does_not_multiply_to_the_columns) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  for (const Shape& shape :
       {Shape{1, 8, 9}, Shape{1, 4, 8}, Shape{0, 8, 8}, Shape{-1, -8, 8}, Shape{kHuge, kHuge, 2}}) {
    EXPECT_THAT([&] { checked_shape(shape, 64); },
                ThrowsMessage<UsageError>(HasSubstr("expected sizes whose product is 64")));
  }
  EXPECT_THAT(
      [] {
        checked_shape(Shape{1, 8, 9}, 64);
      },
      ThrowsMessage<UsageError>(HasSubstr("data.shape is [1, 8, 9], expected")));
}

TEST(CheckedShape, refuses_other_numbers_of_dimensions) {
  for (const Shape& shape : {Shape{8, 8}, Shape{1, 1, 8, 8}}) {
    EXPECT_THAT([&] { checked_shape(shape, 64); },
                ThrowsMessage<UsageError>(HasSubstr(
                    "expected [features] or [channels, height, width]; a grey image has one")));
  }
}

TEST(CountClasses, is_one_more_than_the_largest_label) {
  EXPECT_EQ(count_classes(Shape{0, 4, 1}), 5);
  EXPECT_EQ(count_classes(Shape{3, 3}), 4);
}

TEST(CountClasses, needs_a_sample) {
  EXPECT_THAT([] { count_classes({}); },
              ThrowsMessage<UsageError>("data.path: the files hold no sample; give more data"));
}

}  // namespace
}  // namespace greentrain
