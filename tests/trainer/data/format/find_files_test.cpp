#include "trainer/data/format/find_files.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class FindFiles : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file(const std::string& name) const {
    std::ofstream(folder_ / name) << name;
    return path(name);
  }
  static std::vector<std::string> find(std::vector<std::string> patterns) {
    return find_files("data.path", patterns);
  }
  static void expect_error(std::vector<std::string> patterns,
                           const ::testing::Matcher<const std::string&>& message) {
    EXPECT_THAT([&] { find_files("data.path", patterns); }, ThrowsMessage<UsageError>(message));
  }

  TestFolder folder_;
};

TEST_F(FindFiles, names_keep_their_order) {
  const std::string a = file("a.txt");
  const std::string b = file("b.txt");
  EXPECT_THAT(find({b, a}), ElementsAre(b, a));
}

TEST_F(FindFiles, matches_of_a_glob_are_sorted_by_bytes) {
  const std::string b = file("b.txt");
  const std::string a = file("a.txt");
  const std::string upper = file("B.txt");
  file("c.csv");
  EXPECT_THAT(find({path("*.txt")}), ElementsAre(upper, a, b));
  EXPECT_THAT(find({path("?.csv"), path("[ab].txt")}), ElementsAre(path("c.csv"), a, b));
}

TEST_F(FindFiles, a_file_is_read_once_however_it_is_named) {
  const std::string a = file("a.txt");
  std::filesystem::create_symlink(a, path("link.txt"));
  EXPECT_THAT(find({a, path("*.txt"), path("./a.txt")}), ElementsAre(a));
}

TEST_F(FindFiles, a_name_with_glob_characters_may_be_a_file) {
  const std::string name = file("a[1].txt");
  EXPECT_THAT(find({name}), ElementsAre(name));
}

TEST_F(FindFiles, a_missing_file_is_named_with_the_folder_that_was_searched) {
  expect_error(
      {path("no.csv")},
      "data.path: no file " + path("no.csv") + " in " + path("").substr(0, path("").size() - 1) +
          "; correct the path (relative ones start at the working directory) or put it there");
  expect_error({"no.csv"},
               HasSubstr("no file no.csv in " + std::filesystem::current_path().string() + ";"));
}

TEST_F(FindFiles, a_missing_folder_is_said_to_be_missing) {
  expect_error({path("sub/no.csv")}, HasSubstr(path("sub") + ", a folder that does not exist"));
}

TEST_F(FindFiles, a_missing_digits_file_comes_with_the_command_that_fetches_it) {
  expect_error({"data/digits.csv.gz"}, HasSubstr("fetch it with scripts/fetch_data.sh digits"));
}

TEST_F(FindFiles, a_glob_without_matches_is_an_error) {
  std::filesystem::create_directory(path("folder.txt"));  // A folder is no match.
  expect_error({path("*.txt")}, HasSubstr("no file matches " + path("*.txt") + " in "));
}

TEST_F(FindFiles, a_folder_is_an_error_that_shows_a_glob) {
  expect_error({path("")}, AllOf(HasSubstr("is a folder, expected a file or a glob such as "),
                                 HasSubstr(path("*"))));
}

TEST_F(FindFiles, no_name_at_all_is_an_error) {
  expect_error({}, "data.path is empty, expected one file or more");
  expect_error({""}, "data.path holds an empty name, expected a file or a glob");
}

}  // namespace
}  // namespace greentrain
