#include "trainer/cli/config_command.h"

#include <fstream>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/fakes/golden.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;

class ConfigCommandTest : public ::testing::Test {
 protected:
  /// What `greentrain config ARGUMENTS` prints.
  std::string run(std::vector<std::string> arguments) {
    CLI::App app;
    add_config_command(app);
    std::reverse(arguments.begin(), arguments.end());  // As CLI::App takes them.
    arguments.push_back("config");
    ::testing::internal::CaptureStdout();
    try {
      app.parse(arguments);
    } catch (...) {
      ::testing::internal::GetCapturedStdout();
      throw;
    }
    return ::testing::internal::GetCapturedStdout();
  }

  std::string write(const std::string& text) {
    const std::string path = folder_ / "config.yaml";
    std::ofstream(path) << text;
    return path;
  }

  TestFolder folder_;
};

TEST_F(ConfigCommandTest, check_counts_what_differs) {
  const std::string file = write("data: {path: [a.csv]}\ntrain: {epochs: 10}\n");
  EXPECT_THAT(run({"check", file, "train.batch_size=32"}), HasSubstr(file + ": no errors; 2 of "));
}

TEST_F(ConfigCommandTest, check_refuses_a_wrong_config_and_wrong_overrides) {
  const std::string file = write("data: {path: [a.csv]}\n");
  EXPECT_THROW(run({"check", file, "train.epohcs=3"}), UsageError);
  EXPECT_THROW(run({"check", write("data: {pth: [a.csv]}\n")}), UsageError);
  EXPECT_THROW(run({"check", folder_ / "missing.yaml"}), UsageError);
}

TEST_F(ConfigCommandTest, show_prints_every_setting_with_its_origin) {
  const std::string file = write("data:\n  path: [a.csv]\n");
  const std::string text = run({"show", file, "model.hidden=[64, 64]"});
  EXPECT_THAT(text, HasSubstr("  path: [a.csv]                           # " + file + ":2\n"));
  EXPECT_THAT(text, HasSubstr("  hidden: [64, 64]                        # command line\n"));
  EXPECT_THAT(text, HasSubstr("  batch_size: 64\n"));
}

TEST_F(ConfigCommandTest, explain_takes_a_setting_a_group_or_nothing) {
  EXPECT_THAT(run({"explain", "train.batch_size"}), HasSubstr("range:    1 to 16777216\n"));
  EXPECT_THAT(run({"explain", "train.optimizer"}), HasSubstr("train.optimizer.momentum "));
  EXPECT_THAT(run({"explain"}), HasSubstr("carbon "));
  EXPECT_THROW(run({"explain", "train.lr"}), UsageError);
}

TEST_F(ConfigCommandTest, schema_is_json) {
  const auto schema = nlohmann::json::parse(run({"schema"}));
  EXPECT_EQ(schema["properties"]["meter"]["properties"]["period"]["default"], "1s");
}

TEST_F(ConfigCommandTest, asks_for_a_subcommand) { EXPECT_THROW(run({}), CLI::RequiredError); }

/// Out of date? `greentrain config manual > docs/config.md`.
TEST_F(ConfigCommandTest, the_page_in_docs_is_what_manual_prints) {
  expect_golden(CONFIG_PAGE, run({"manual"}));
}

}  // namespace
}  // namespace greentrain
