#include "core/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "core/file.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

/// Sends standard error to a file while it lives.
class RedirectedStandardError {
 public:
  explicit RedirectedStandardError(const std::filesystem::path& path) : saved_(dup(STDERR_FILENO)) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~RedirectedStandardError() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }

 private:
  int saved_;
};

TEST(Log, writes_whole_lines_that_name_the_program) {
  const TestFolder folder;
  {
    const RedirectedStandardError redirected(folder / "stderr");
    log_warning("meter: a reading was lost");
    log_info("");
  }
  EXPECT_EQ(read_file(folder / "stderr"),
            "greentrain: warning: meter: a reading was lost\ngreentrain: \n");
}

TEST(Log, a_full_disk_behind_standard_error_is_no_reason_to_stop) {
  const RedirectedStandardError redirected("/dev/full");
  log_warning("nobody reads this");
}

}  // namespace
}  // namespace greentrain
