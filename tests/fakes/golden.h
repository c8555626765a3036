#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace greentrain {

/// Expects `text` to be exactly what the file holds. With GREENTRAIN_WRITE_GOLDEN set, writes the
/// file instead: look at `git diff` afterwards.
inline void expect_golden(const std::filesystem::path& file, const std::string& text) {
  if (std::getenv("GREENTRAIN_WRITE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << text;
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(text, expected) << file << ": run this test with GREENTRAIN_WRITE_GOLDEN=1 to write it";
}

}  // namespace greentrain
