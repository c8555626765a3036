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
/// The same for pieces that follow each other in the file.
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::span<const std::byte>> pieces);

/// A file that grows by whole records, such as the lines of a JSONL file. Not thread-safe.
class AppendFile {
 public:
  explicit AppendFile(std::filesystem::path path);  ///< Made where missing. Throws Error.
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  /// Hands all of the record to the system, without waiting for the disk. Throws Error with the
  /// path and the system's reason after cutting off what was written of it.
  void append(std::string_view record);

 private:
  std::filesystem::path path_;
  int file_;
};

}  // namespace greentrain
