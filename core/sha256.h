#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace greentrain {

/// SHA-256 (FIPS 180-4) of bytes that arrive piece by piece. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  std::string hex();  ///< 64 lowercase digits; ends the sum: nothing may be called after it.

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// SHA-256 of one text, as 64 lowercase hexadecimal digits.
std::string sha256_hex(std::string_view text);

}  // namespace greentrain
