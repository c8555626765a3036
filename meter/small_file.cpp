#include "meter/small_file.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>

namespace greentrain {

// Not by ifstream: its buffer throws when read() fails, which the kernel's files may do at any
// time.
std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> block;
  ssize_t size = 0;
  while ((size = read(file, block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  close(file);
  if (size < 0) return std::nullopt;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<double> parse_whole_number(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return static_cast<double>(number);
}

std::optional<double> read_whole_number(const std::filesystem::path& path) {
  const auto text = read_small_file(path);
  return text ? parse_whole_number(*text) : std::nullopt;
}

std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    entries.push_back(at->path());
  }
  return entries;
}

}  // namespace greentrain
