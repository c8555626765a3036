#include "meter/small_file.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>

namespace greentrain {

std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return std::nullopt;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<double> read_whole_number(const std::filesystem::path& path) {
  const auto text = read_small_file(path);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return static_cast<double>(number);
}

}  // namespace greentrain
