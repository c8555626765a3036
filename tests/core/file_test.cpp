#include "core/file.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

auto files_in(const TestFolder& folder) {
  const std::filesystem::directory_iterator begin(folder / "");
  return std::distance(begin, std::filesystem::directory_iterator());
}

/// Lets no file of this process grow past `bytes`, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int){};
};

TEST(File, reads_back_what_was_written) {
  const TestFolder folder;
  for (const std::string& text :
       {std::string(), std::string("a\0b\n", 4), std::string(10001, 'x')}) {
    write_file_atomically(folder / "a.txt", text);
    EXPECT_EQ(read_file(folder / "a.txt"), text);
    EXPECT_EQ(files_in(folder), 1);
  }
}

TEST(File, pieces_follow_each_other) {
  const TestFolder folder;
  std::vector<std::span<const std::byte>> pieces;
  for (const std::string_view text : {"one", "", "two"}) {
    pieces.push_back(std::as_bytes(std::span(text)));
    write_file_atomically(folder / "a.txt", pieces);
  }
  EXPECT_EQ(read_file(folder / "a.txt"), "onetwo");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(File, reads_files_that_do_not_tell_their_size) {
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST(File, a_missing_file_is_a_usage_error_with_its_path) {
  EXPECT_THAT([] { read_file("no/such.txt"); },
              ThrowsMessage<UsageError>("no/such.txt: cannot read: No such file or directory"));
}

TEST(File, a_folder_is_no_file) {
  const TestFolder folder;
  EXPECT_THAT([&] { read_file(folder / ""); },
              ThrowsMessage<UsageError>(HasSubstr("Is a directory")));
}

TEST(File, a_failed_write_leaves_the_old_file_and_nothing_else) {
  const TestFolder folder;
  write_file_atomically(folder / "a.txt", "old");
  {
    const FileSizeLimit limit(10);
    EXPECT_THAT([&] { write_file_atomically(folder / "a.txt", "much longer than ten bytes"); },
                ThrowsMessage<Error>(HasSubstr("a.txt: cannot write: File too large")));
  }
  EXPECT_EQ(read_file(folder / "a.txt"), "old");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(File, a_missing_folder_is_an_error_with_the_path) {
  EXPECT_THAT([] { write_file_atomically("no/such.txt", "text"); },
              ThrowsMessage<Error>("no/such.txt: cannot write: No such file or directory"));
}

TEST(File, a_temporary_file_left_by_a_killed_process_is_no_obstacle) {
  const TestFolder folder;
  auto left = folder / "a.txt";
  left += "." + std::to_string(getpid()) + ".0.tmp";
  std::ofstream(left) << "half";
  write_file_atomically(folder / "a.txt", "text");
  EXPECT_EQ(read_file(folder / "a.txt"), "text");
}

TEST(File, a_new_file_has_the_permissions_of_the_umask) {
  const TestFolder folder;
  const mode_t before = umask(027);
  write_file_atomically(folder / "a.txt", "text");
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat((folder / "a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(AppendFile, adds_records_to_what_is_there) {
  const TestFolder folder;
  AppendFile(folder / "a.jsonl").append("1\n");
  AppendFile file(folder / "a.jsonl");
  file.append("");
  file.append("2\n");
  EXPECT_EQ(read_file(folder / "a.jsonl"), "1\n2\n");
}

TEST(AppendFile, a_record_that_does_not_fit_is_cut_off_whole) {
  const TestFolder folder;
  AppendFile file(folder / "a.jsonl");
  file.append("{\"step\":1}\n");
  {
    const FileSizeLimit limit(15);
    EXPECT_THAT([&] { file.append("{\"step\":2}\n"); },
                ThrowsMessage<Error>(HasSubstr("a.jsonl: cannot write: File too large")));
  }
  EXPECT_EQ(read_file(folder / "a.jsonl"), "{\"step\":1}\n");
  file.append("{\"step\":3}\n");
  EXPECT_EQ(read_file(folder / "a.jsonl"), "{\"step\":1}\n{\"step\":3}\n");
}

TEST(AppendFile, a_full_disk_is_an_error_that_says_what_to_do) {
  AppendFile file("/dev/full");
  EXPECT_THAT([&] { file.append("x\n"); },
              ThrowsMessage<Error>("/dev/full: cannot write: No space left on device; "
                                   "free some space there, or write to another place"));
}

TEST(AppendFile, a_missing_folder_is_an_error_with_the_path) {
  EXPECT_THAT([] { AppendFile("no/such.jsonl"); },
              ThrowsMessage<Error>("no/such.jsonl: cannot write: No such file or directory"));
}

}  // namespace
}  // namespace greentrain
