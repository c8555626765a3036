#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace greentrain {

/// The bytes of a whole file. Throws UsageError, with the path and the system's reason, when it is
/// missing, a folder, or cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by these bytes, or leaves it as it was: they go to a temporary file in the same
/// folder, reach the disk, and then take the final name. Throws Error with the path and the
/// system's reason; the temporary file is removed. Blocks until the bytes are on the disk.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace greentrain
