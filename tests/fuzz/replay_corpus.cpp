// Replays a corpus through its fuzz target: whatever must not happen would end this test.
#include <filesystem>

#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/fuzz/fuzz_target.h"

namespace greentrain {
namespace {

TEST(Corpus, is_survived) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GREENTRAIN_CORPUS)) {
    const std::string bytes = read_file(entry.path());
    EXPECT_EQ(
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()),
        0)
        << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0u);
}

}  // namespace
}  // namespace greentrain
