#include "trainer/data/format/token_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "core/error.h"

namespace greentrain {
namespace {

static_assert(std::endian::native == std::endian::little, "tokens are read as they lie in files");

constexpr std::size_t kHeaderBytes = 1024;

struct HeaderKind {
  std::uint32_t magic;
  std::uint32_t version;
  bool wide;
};
constexpr std::array kHeaderKinds{HeaderKind{20240520, 1, false}, HeaderKind{20240801, 7, true}};

template <class Value>
Value value_at(std::span<const char> bytes, std::size_t index) {
  Value value;
  std::memcpy(&value, bytes.data() + index * sizeof(Value), sizeof(Value));
  return value;
}

template <class Value>
std::int64_t largest_of(std::span<const char> bytes) {
  Value largest = 0;
  for (std::size_t i = 0; i < bytes.size() / sizeof(Value); ++i) {
    largest = std::max(largest, value_at<Value>(bytes, i));
  }
  return static_cast<std::int64_t>(largest);
}

const HeaderKind* header_kind(std::span<const char> bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) return nullptr;
  const auto magic = value_at<std::uint32_t>(bytes, 0);
  const auto found = std::ranges::find(kHeaderKinds, magic, &HeaderKind::magic);
  return found == kHeaderKinds.end() ? nullptr : found;
}

std::string_view width_name(bool wide) {
  return enum_name(wide ? TokenWidth::Uint32 : TokenWidth::Uint16);
}

/// What follows the header, whose every field must fit the file.
std::span<const char> after_header(const RawFile& file, const HeaderKind& kind) {
  if (file.bytes.size() < kHeaderBytes) {
    throw UsageError(fmt::format("{}: {} bytes, expected a header of {}; the file is truncated",
                                 file.name, file.bytes.size(), kHeaderBytes));
  }
  const auto version = value_at<std::uint32_t>(file.bytes, 1);
  if (version != kind.version) {
    throw UsageError(
        fmt::format("{}: a token file with magic {} and version {}, expected version "
                    "{}; write it again with llm.c's present tools",
                    file.name, kind.magic, version, kind.version));
  }
  const std::uint64_t tokens = value_at<std::uint32_t>(file.bytes, 2);
  const auto data = file.bytes.subspan(kHeaderBytes);
  const std::uint64_t width = kind.wide ? 4 : 2;
  if (data.size() != tokens * width) {
    throw UsageError(fmt::format(
        "{}: the header promises {} tokens of {} bytes, but {} bytes follow it, expected {}; the "
        "file is truncated or damaged",
        file.name, tokens, width, data.size(), tokens * width));
  }
  return data;
}

}  // namespace

TokenFile::TokenFile(const RawFile& file, TokenWidth stated)
    : name_(file.name), bytes_(file.bytes), wide_(stated == TokenWidth::Uint32) {
  if (const HeaderKind* kind = header_kind(file.bytes)) {
    if (stated != TokenWidth::Auto && wide_ != kind->wide) {
      throw UsageError(
          fmt::format("{}: data.token_width is {}, but the file's header says {}; leave "
                      "data.token_width out or correct it",
                      name_, enum_name(stated), width_name(kind->wide)));
    }
    wide_ = kind->wide;
    bytes_ = after_header(file, *kind);
    return;
  }
  if (stated == TokenWidth::Auto) {
    throw UsageError(fmt::format(
        "{}: no header that says how wide tokens are; set data.token_width to uint16 or uint32",
        name_));
  }
  if (bytes_.size() % static_cast<std::size_t>(width()) != 0) {
    throw UsageError(
        fmt::format("{}: {} bytes, expected a multiple of {} as data.token_width is "
                    "{}; the file is truncated or its tokens have another width",
                    name_, bytes_.size(), width(), enum_name(stated)));
  }
  check_looks();
}

// Tokens of 4 bytes that are read as 2 have a zero in every second place, since ids are below
// 65536.
void TokenFile::check_looks() const {
  constexpr std::int64_t kEnough = 64;
  if (wide_ || size() < kEnough) return;
  const std::int64_t looked_at = std::min<std::int64_t>(size(), 4096) / 2;
  std::int64_t low = 0;
  for (std::int64_t i = 0; i < looked_at; ++i) {
    if (at(2 * i + 1) != 0) return;
    low += at(2 * i) != 0 ? 1 : 0;
  }
  if (low == 0) return;
  throw UsageError(
      fmt::format("{}: every second token is 0 when read as uint16, as data.token_width says: "
                  "these look like tokens of 4 bytes; set data.token_width to uint32",
                  name_));
}

std::int64_t TokenFile::size() const { return std::ssize(bytes_) / width(); }

std::int64_t TokenFile::at(std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index);
  return wide_ ? value_at<std::uint32_t>(bytes_, i) : value_at<std::uint16_t>(bytes_, i);
}

void TokenFile::copy(std::int64_t first, std::span<std::int64_t> out) const {
  for (std::int64_t& token : out) token = at(first++);
}

std::int64_t TokenFile::largest() const {
  if (bytes_.empty()) return -1;
  return wide_ ? largest_of<std::uint32_t>(bytes_) : largest_of<std::uint16_t>(bytes_);
}

void TokenFile::check_vocabulary(std::int64_t vocabulary) const {
  if (largest() < vocabulary) return;
  std::int64_t index = 0;
  while (at(index) < vocabulary) ++index;
  throw UsageError(fmt::format(
      "{}: token {} is {}, expected ids below {}, which is data.vocabulary; correct that, or "
      "data.token_width (the tokens were read as {})",
      name_, index, at(index), vocabulary, width_name(wide_)));
}

}  // namespace greentrain
