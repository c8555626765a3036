#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace greentrain {

/// A file's bytes in memory without reading them: the system brings in what is touched, and shares
/// it between the ranks of a machine. Immutable; threads may share it.
class MappedFile {
 public:
  /// Throws UsageError, with the path and the system's reason, when it cannot be mapped.
  explicit MappedFile(std::string path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  const std::string& path() const { return path_; }
  std::span<const char> bytes() const { return bytes_; }
  /// Throws Error when the file has another size than when it was opened: to touch what is gone
  /// would end the program. About 0.5 us.
  void check_size() const;

 private:
  std::string path_;
  int file_;
  std::span<const char> bytes_;
};

}  // namespace greentrain
