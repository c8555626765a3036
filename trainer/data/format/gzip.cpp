#include "trainer/data/format/gzip.h"

#include <algorithm>

#include <fmt/format.h>
#include <zlib.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr std::size_t kFirstGuess = 4;         ///< Text takes about four times its packed size.
constexpr std::size_t kLargestStep = 1 << 30;  ///< zlib counts in 32 bits.

/// One pass of zlib over the bytes. Owned by gunzip().
class Inflater {
 public:
  Inflater(std::string_view name, std::span<const char> bytes) : name_(name), bytes_(bytes) {
    constexpr int kGzipWithLargestWindow = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipWithLargestWindow) != Z_OK) {
      throw Error(fmt::format("{}: zlib found no memory to unpack it", name));
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  std::string run() {
    std::string out(kFirstGuess * bytes_.size(), '\0');
    while (true) {
      const int status = step(out);
      if (status == Z_STREAM_END && read_ == bytes_.size()) break;
      if (status == Z_STREAM_END) {
        inflateReset(&stream_);  // Another member follows.
      } else if (status == Z_BUF_ERROR && read_ == bytes_.size() && written_ < out.size()) {
        throw error("the gzip data ends early; the file is truncated: get it again");
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        throw error(fmt::format("the gzip data is damaged ({}); get the file again",
                                stream_.msg != nullptr ? stream_.msg : "no reason given"));
      }
      if (written_ == out.size()) out.resize(2 * out.size() + 64);
    }
    out.resize(written_);
    return out;
  }

 private:
  int step(std::string& out) {
    const auto in_size = std::min(bytes_.size() - read_, kLargestStep);
    const auto out_size = std::min(out.size() - written_, kLargestStep);
    // zlib wants a pointer to what is not const, but does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes_.data() + read_));
    stream_.avail_in = static_cast<uInt>(in_size);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + written_);
    stream_.avail_out = static_cast<uInt>(out_size);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    read_ += in_size - stream_.avail_in;
    written_ += out_size - stream_.avail_out;
    return status;
  }

  UsageError error(std::string_view what) const {
    return UsageError(fmt::format("{}: byte {}: {}", name_, read_, what));
  }

  std::string_view name_;
  std::span<const char> bytes_;
  z_stream stream_{};
  std::size_t read_{0};
  std::size_t written_{0};
};

}  // namespace

bool is_gzip(std::span<const char> bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

std::string gunzip(std::string_view name, std::span<const char> bytes) {
  return Inflater(name, bytes).run();
}

}  // namespace greentrain
