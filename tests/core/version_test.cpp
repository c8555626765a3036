#include "core/version.h"

#include <gmock/gmock.h>

namespace greentrain {
namespace {

using ::testing::MatchesRegex;

TEST(BuildInfo, says_where_the_binary_comes_from) {
  EXPECT_THAT(build_info().version, MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(build_info().commit, MatchesRegex("[0-9a-f]{40}(-dirty)?|unknown"));
  EXPECT_THAT(build_info().compiler, MatchesRegex("(GNU|Clang) [0-9.]+"));
  EXPECT_FALSE(build_info().build_type.empty());
}

}  // namespace
}  // namespace greentrain
