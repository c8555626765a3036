#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace greentrain {

template <class Token>
std::string raw_tokens(const std::vector<Token>& tokens) {
  return {reinterpret_cast<const char*>(tokens.data()), tokens.size() * sizeof(Token)};
}

/// A file as llm.c's tools write it: 256 numbers of 32 bits, then the tokens.
template <class Token>
std::string llmc_tokens(std::uint32_t magic, std::uint32_t version,
                        const std::vector<Token>& tokens) {
  std::vector<std::uint32_t> header(256);
  header[0] = magic;
  header[1] = version;
  header[2] = static_cast<std::uint32_t>(tokens.size());
  return raw_tokens(header) + raw_tokens(tokens);
}

}  // namespace greentrain
