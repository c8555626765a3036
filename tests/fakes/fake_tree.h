#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace greentrain {

/// A folder for one test, such as a fake sysfs or procfs; removed at its end.
class FakeTree {
 public:
  FakeTree() {
    std::string path = (std::filesystem::temp_directory_path() / "greentrain-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
    root_ = path;
  }
  ~FakeTree() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  const std::filesystem::path& root() const { return root_; }

  /// Writes text and the newline that the kernel ends its files with, at once: a thread that reads
  /// meanwhile gets what was there before, or this.
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / (file + ".new")) << text << "\n";
    std::filesystem::rename(root_ / (file + ".new"), root_ / file);
  }
  void remove(const std::string& file) const { std::filesystem::remove_all(root_ / file); }

 private:
  std::filesystem::path root_;
};

}  // namespace greentrain
