#pragma once

#include <cstdint>
#include <png.h>
#include <string>
#include <turbojpeg.h>
#include <vector>

namespace greentrain {

/// Pixels of one colour, channels together.
inline std::vector<std::uint8_t> plain_pixels(int width, int height,
                                              const std::vector<std::uint8_t>& colour) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < width * height; ++i)
    pixels.insert(pixels.end(), colour.begin(), colour.end());
  return pixels;
}

/// A PNG file of these pixels: 1 channel, grey; 3, colours; 4, colours and opacity.
inline std::string png_file(int width, int height, const std::vector<std::uint8_t>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  const auto channels = pixels.size() / static_cast<std::size_t>(width * height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

/// A JPEG file of these pixels with full colour resolution: 1 channel, grey; 3, colours; 4, inks.
inline std::string jpeg_file(int width, int height, const std::vector<std::uint8_t>& pixels) {
  const auto channels = pixels.size() / static_cast<std::size_t>(width * height);
  const bool grey = channels == 1;
  const int format = grey ? TJPF_GRAY : channels == 3 ? TJPF_RGB : TJPF_CMYK;
  constexpr int kQuality = 95;
  tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, pixels.data(), width, 0, height, format, &data, &size,
              grey ? TJSAMP_GRAY : TJSAMP_444, kQuality, 0);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

}  // namespace greentrain
