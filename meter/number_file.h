#pragma once

#include <filesystem>
#include <optional>

namespace greentrain {

/// A whole number that the kernel shows in a file (sysfs), for reading again and again: the file
/// stays open between two readings, which takes half the system calls. One that vanishes or is
/// replaced is opened anew. Not thread-safe.
class NumberFile {
 public:
  explicit NumberFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~NumberFile();
  NumberFile(const NumberFile&) = delete;
  NumberFile& operator=(const NumberFile&) = delete;

  /// As it is now; nullopt if it cannot be read or holds anything else.
  std::optional<double> read();

 private:
  bool open();
  std::optional<double> read_open() const;

  std::filesystem::path path_;
  int file_{-1};
};

}  // namespace greentrain
