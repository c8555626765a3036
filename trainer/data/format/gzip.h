#pragma once

#include <span>
#include <string>
#include <string_view>

namespace greentrain {

/// Whether the bytes begin as a gzip file does (RFC 1952), whatever the file is called.
bool is_gzip(std::span<const char> bytes);

/// The content of a gzip file; several members follow each other as one. Throws UsageError with
/// the name when it is truncated or damaged.
std::string gunzip(std::string_view name, std::span<const char> bytes);

}  // namespace greentrain
