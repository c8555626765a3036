// Any bytes as an image: pixels of the size they claim, or a problem in words, and nothing else.
// The first byte picks the channels and the size that is wished for.
#include <cstdlib>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "trainer/data/format/image.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace greentrain;
  if (size == 0) return 0;
  const std::vector<char> bytes(data + 1, data + size);
  const std::int64_t channels = data[0] % 2 == 0 ? 1 : 3;
  const std::int64_t wished = 1 + data[0] / 16;
  const DecodedImage image = decode_image({"fuzz", bytes}, channels, wished, wished);
  require(image.pixels.has_value() == image.problem.empty());
  if (!image.pixels) return 0;
  const Pixels& pixels = *image.pixels;
  require(pixels.channels == channels);
  require(std::ssize(pixels.values) == pixels.width * pixels.height * channels);
  if (pixels.width * pixels.height > 1 << 20) return 0;  // Slow, and dull.
  std::vector<std::uint8_t> out(static_cast<std::size_t>(wished * wished * channels));
  fit_image(pixels, wished, wished, out);
  return 0;
}
