#include "trainer/run/run_directory.h"

#include <array>
#include <fstream>
#include <latch>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

RunOptions named(const std::string& name) {
  RunOptions options;
  options.name = name;
  return options;
}

RunOptions at(const fs::path& folder) {
  RunOptions options;
  options.dir = folder.string();
  return options;
}

TEST(RunDirectory, counts_one_above_the_highest_run_of_its_name) {
  const TestFolder folder;
  const fs::path runs = folder / "runs";
  EXPECT_EQ(RunDirectory::create(named("digits"), runs).path(), runs / "digits-1");
  EXPECT_EQ(RunDirectory::create(named("digits"), runs).path(), runs / "digits-2");
  for (const char* other :
       {"digits-12", "digits-wide-40", "digits-13b", "digits-", "digits", "a-99"}) {
    fs::create_directory(runs / other);
  }
  EXPECT_EQ(RunDirectory::create(named("digits"), runs).path(), runs / "digits-13");
  EXPECT_EQ(RunDirectory::create(named("text"), runs).path(), runs / "text-1");
}

TEST(RunDirectory, runs_that_start_at_once_get_different_ones) {
  constexpr int kRuns = 8;
  for (int round = 0; round < 20; ++round) {
    const TestFolder folder;
    std::array<fs::path, kRuns> paths;
    std::latch start(kRuns);
    std::vector<std::jthread> starting;
    for (fs::path& path : paths) {
      starting.emplace_back([&] {
        start.arrive_and_wait();
        path = RunDirectory::create(named("digits"), folder / "runs").path();
      });
    }
    starting.clear();
    EXPECT_EQ(std::set<fs::path>(paths.begin(), paths.end()).size(), paths.size());
  }
}

TEST(RunDirectory, run_dir_may_be_new_or_hold_other_files) {
  const TestFolder folder;
  EXPECT_EQ(RunDirectory::create(at(folder / "a/b")).path(), folder / "a/b");
  EXPECT_TRUE(fs::is_directory(folder / "a/b"));
  std::ofstream(folder / "a/b/notes.txt") << "mine";
  EXPECT_NO_THROW(RunDirectory::create(at(folder / "a/b")));
}

TEST(RunDirectory, one_that_holds_a_run_is_refused_with_what_was_found) {
  for (const char* file : {"config.yaml", "metrics.jsonl", "best.safetensors", "report.json"}) {
    const TestFolder folder;
    std::ofstream(folder / file) << "x";
    EXPECT_THAT([&] { RunDirectory::create(at(folder / "")); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr("already holds a run"), HasSubstr(file),
                                                HasSubstr("run.dir=DIR"))));
  }
}

TEST(RunDirectory, a_name_that_is_no_file_name_is_refused) {
  const TestFolder folder;
  for (const char* name : {"", "..", "a/b"}) {
    EXPECT_THAT([&] { RunDirectory::create(named(name), folder / "runs"); },
                ThrowsMessage<UsageError>(StartsWith("run.name is \"" + std::string(name) + "\"")));
  }
}

TEST(RunDirectory, a_file_in_its_place_is_a_usage_error) {
  const TestFolder folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_THAT([&] { RunDirectory::create(at(folder / "file/run")); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("file/run: cannot write to this folder: "
                                                        "Not a directory"),
                                              EndsWith("choose another with run.dir=DIR"))));
}

TEST(RunDirectory, a_place_without_permission_is_a_usage_error) {
  if (geteuid() == 0) {
    // Root may write everywhere but here.
    EXPECT_THROW(RunDirectory::create(at("/proc/greentrain-run")), UsageError);
    return;
  }
  const TestFolder folder;
  fs::create_directory(folder / "locked");
  chmod((folder / "locked").c_str(), 0500);
  EXPECT_THROW(RunDirectory::create(at(folder / "locked")), UsageError);
  EXPECT_THROW(RunDirectory::create(named("digits"), folder / "locked"), UsageError);
}

TEST(RunDirectory, opens_what_has_config_and_weights) {
  const TestFolder folder;
  std::ofstream(folder / "config.yaml") << "x";
  std::ofstream(folder / "best.safetensors") << "x";
  EXPECT_EQ(RunDirectory::open(folder / "").config(), folder / "config.yaml");
}

TEST(RunDirectory, opening_says_all_that_is_missing) {
  const TestFolder folder;
  EXPECT_THAT([&] { RunDirectory::open(folder / "none"); },
              ThrowsMessage<UsageError>(HasSubstr("none: no such folder")));
  EXPECT_THAT([&] { RunDirectory::open(folder / ""); },
              ThrowsMessage<UsageError>(HasSubstr("no config.yaml and no best.safetensors")));
  std::ofstream(folder / "config.yaml") << "x";
  EXPECT_THAT([&] { RunDirectory::open(folder / ""); },
              ThrowsMessage<UsageError>(HasSubstr(": has no best.safetensors, expected")));
}

}  // namespace
}  // namespace greentrain
