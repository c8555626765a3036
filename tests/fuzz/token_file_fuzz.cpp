// Any bytes as a token file: whole tokens within the bytes given, or UsageError, and nothing else.
// The first byte picks the width that is stated.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "tests/fuzz/fuzz_target.h"
#include "trainer/data/format/token_file.h"

namespace {

using namespace greentrain;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const TokenFile& file, std::size_t bytes) {
  require(file.size() * file.width() <= static_cast<std::int64_t>(bytes));
  std::vector<std::int64_t> tokens(static_cast<std::size_t>(file.size()));
  file.copy(0, tokens);
  const std::int64_t largest = file.largest();
  for (const std::int64_t token : tokens) require(token >= 0 && token <= largest);
  file.check_vocabulary(largest + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // In an allocation of just their size, so that a read beyond it is seen.
  const std::vector<char> bytes(data + 1, data + size);
  try {
    check(TokenFile({"fuzz", bytes}, static_cast<TokenWidth>(data[0] % 3)), bytes.size());
  } catch (const UsageError& error) {
    require(std::string_view(error.what()).starts_with("fuzz: "));
  }
  return 0;
}
