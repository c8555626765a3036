#include "core/terminal.h"

#include <fcntl.h>
#include <fstream>
#include <map>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/fakes/pseudo_terminal.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Terminal, has_its_own_width_and_colors) {
  const PseudoTerminal pseudo(100);
  const Terminal terminal = terminal_of(pseudo.descriptor(), environment({{"COLUMNS", "50"}}));
  EXPECT_TRUE(terminal.interactive);
  EXPECT_TRUE(terminal.color);
  EXPECT_EQ(terminal.width, 100);
}

TEST(Terminal, without_a_size_of_its_own_is_as_wide_as_columns_says) {
  const PseudoTerminal pseudo(0);
  EXPECT_EQ(terminal_of(pseudo.descriptor(), environment({{"COLUMNS", "50"}})).width, 50);
  EXPECT_EQ(terminal_of(pseudo.descriptor(), environment({{"COLUMNS", "wide"}})).width, 80);
  EXPECT_EQ(terminal_of(pseudo.descriptor(), environment({})).width, 80);
}

TEST(Terminal, no_color_takes_the_colors_alone) {
  const PseudoTerminal pseudo(100);
  const Terminal terminal = terminal_of(pseudo.descriptor(), environment({{"NO_COLOR", "1"}}));
  EXPECT_TRUE(terminal.interactive);
  EXPECT_FALSE(terminal.color);
  EXPECT_TRUE(terminal_of(pseudo.descriptor(), environment({{"NO_COLOR", ""}})).color);
}

TEST(Terminal, a_dumb_terminal_counts_as_none) {
  const PseudoTerminal pseudo(100);
  const Terminal terminal = terminal_of(pseudo.descriptor(), environment({{"TERM", "dumb"}}));
  EXPECT_FALSE(terminal.interactive);
  EXPECT_FALSE(terminal.color);
}

TEST(Terminal, a_file_and_a_closed_descriptor_are_none) {
  const TestFolder folder;
  const int file = open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  EXPECT_FALSE(terminal_of(file, environment({})).interactive);
  close(file);
  EXPECT_FALSE(terminal_of(file, environment({})).interactive);
}

TEST(Terminal, is_found_behind_a_link) {
  const TestFolder folder;
  const PseudoTerminal pseudo(100);
  std::filesystem::create_symlink(pseudo.path(), folder / "1");
  const Terminal terminal = terminal_at(folder / "1", environment({}));
  EXPECT_TRUE(terminal.interactive);
  EXPECT_EQ(terminal.width, 100);
}

TEST(Terminal, a_link_to_a_pipe_a_file_or_nothing_leads_to_none) {
  const TestFolder folder;
  std::ofstream(folder / "file") << "x";
  std::filesystem::create_symlink("pipe:[64803]", folder / "pipe");
  for (const char* name : {"file", "pipe", "missing"}) {
    EXPECT_FALSE(terminal_at(folder / name, environment({})).interactive) << name;
  }
  EXPECT_FALSE(terminal_at("/dev/null", environment({})).interactive);
}

TEST(Terminal, looking_for_one_does_not_open_a_pipe) {
  const TestFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  pollfd reader{open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK), POLLIN, 0};
  EXPECT_FALSE(terminal_at(folder / "pipe", environment({})).interactive);
  // Had there been a writer, its end would have hung up.
  EXPECT_EQ(poll(&reader, 1, /*timeout=*/0), 0);
  close(reader.fd);
}

}  // namespace
}  // namespace greentrain
