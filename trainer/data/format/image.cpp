#include "trainer/data/format/image.h"

#include <cmath>
#include <memory>
#include <png.h>
#include <string_view>
#include <turbojpeg.h>

#include <fmt/format.h>

namespace greentrain {
namespace {

/// Larger images are taken for damaged ones: their size is what a few bytes say.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

const unsigned char* bytes_of(const RawFile& file) {
  return reinterpret_cast<const unsigned char*>(file.bytes.data());
}

std::optional<std::string> size_problem(std::int64_t width, std::int64_t height) {
  if (width > 0 && height > 0 && width <= kMostPixels / height) return std::nullopt;
  return fmt::format("it claims to have {} x {} pixels", width, height);
}

std::vector<std::uint8_t> room_for(const Pixels& pixels) {
  return std::vector<std::uint8_t>(
      static_cast<std::size_t>(pixels.width * pixels.height * pixels.channels));
}

struct FreeJpeg {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};
using Jpeg = std::unique_ptr<void, FreeJpeg>;

std::string jpeg_problem(const Jpeg& decoder) {
  return fmt::format("the JPEG data is damaged ({})", tjGetErrorStr2(decoder.get()));
}

/// The smallest fraction of the size that libjpeg-turbo offers and that has the pixels asked for.
void choose_scale(Pixels& pixels, std::int64_t least_width, std::int64_t least_height) {
  const auto full_width = static_cast<int>(pixels.width);
  const auto full_height = static_cast<int>(pixels.height);
  for (const int eighths : {1, 2, 4}) {
    const tjscalingfactor factor{eighths, 8};
    const int width = TJSCALED(full_width, factor);
    const int height = TJSCALED(full_height, factor);
    if (width < least_width || height < least_height) continue;
    pixels.width = width;
    pixels.height = height;
    return;
  }
}

/// Printers' colours as Adobe's programs write them, which is how all known JPEGs of them are: 255
/// is no ink. What a pixel reflects is what each ink and black let through.
Pixels without_inks(const Pixels& inks, std::int64_t channels) {
  Pixels pixels{inks.width, inks.height, channels, {}};
  pixels.values = room_for(pixels);
  auto* out = pixels.values.data();
  for (std::size_t i = 0; i < inks.values.size(); i += 4) {
    const auto* ink = &inks.values[i];
    const auto reflected = [&](int colour) { return ink[colour] * ink[3] / 255.0; };
    const double rgb[]{reflected(0), reflected(1), reflected(2)};
    if (channels == 1) {  // As JPEG's own grey (ITU-R BT.601).
      *out++ =
          static_cast<std::uint8_t>(std::lround(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]));
      continue;
    }
    for (const double value : rgb) *out++ = static_cast<std::uint8_t>(std::lround(value));
  }
  return pixels;
}

DecodedImage decode_jpeg(const RawFile& file, std::int64_t channels, std::int64_t least_width,
                         std::int64_t least_height) {
  const Jpeg decoder(tjInitDecompress());
  if (!decoder) return {{}, "libjpeg-turbo found no memory to decode it"};
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes_of(file), file.bytes.size(), &width, &height,
                          &subsampling, &colours) != 0) {
    return {{}, jpeg_problem(decoder)};
  }
  if (width < 1 || height < 1) return {{}, "the JPEG data is damaged (it ends before the size)"};
  if (auto problem = size_problem(width, height)) return {{}, *problem};
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  Pixels pixels{width, height, inks ? 4 : channels, {}};
  choose_scale(pixels, least_width, least_height);
  pixels.values = room_for(pixels);
  const int format = inks ? TJPF_CMYK : (channels == 1 ? TJPF_GRAY : TJPF_RGB);
  // A warning, such as data that end early, leaves pixels that nobody took.
  if (tjDecompress2(decoder.get(), bytes_of(file), file.bytes.size(), pixels.values.data(),
                    static_cast<int>(pixels.width), 0, static_cast<int>(pixels.height), format,
                    TJFLAG_ACCURATEDCT) != 0) {
    return {{}, jpeg_problem(decoder)};
  }
  return {inks ? without_inks(pixels, channels) : std::move(pixels), {}};
}

struct FreePng {
  void operator()(png_image* image) const { png_image_free(image); }
};

DecodedImage decode_png(const RawFile& file, std::int64_t channels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, FreePng> freed(&image);
  const auto problem = [&] {
    return fmt::format("the PNG data is damaged ({})", static_cast<const char*>(image.message));
  };
  if (png_image_begin_read_from_memory(&image, file.bytes.data(), file.bytes.size()) == 0) {
    return {{}, problem()};
  }
  if (auto too_large = size_problem(image.width, image.height)) return {{}, *too_large};
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Pixels pixels{image.width, image.height, channels, {}};
  pixels.values = room_for(pixels);
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&image, &black, pixels.values.data(), 0, nullptr) == 0) {
    return {{}, problem()};
  }
  return {std::move(pixels), {}};
}

}  // namespace

DecodedImage decode_image(const RawFile& file, std::int64_t channels, std::int64_t least_width,
                          std::int64_t least_height) {
  const std::string_view bytes(file.bytes.data(), file.bytes.size());
  if (bytes.starts_with("\xff\xd8\xff")) {
    return decode_jpeg(file, channels, least_width, least_height);
  }
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(file, channels);
  return {{}, bytes.empty() ? "the file is empty" : "it is neither JPEG nor PNG"};
}

}  // namespace greentrain
