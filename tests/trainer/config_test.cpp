#include "trainer/config.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "core/error.h"
#include "tests/fakes/golden.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

/// The rest of the first line "# Overrides: a.b=1 c.d=2" of a golden config.
std::vector<std::string> overrides_of(const std::string& file) {
  std::ifstream stream(file);
  std::string word;
  std::getline(stream, word);
  std::istringstream line(word.starts_with("# Overrides: ") ? word.substr(13) : "");
  std::vector<std::string> words;
  while (line >> word) {
    words.push_back(word);
  }
  return words;
}

std::string error_of(const std::string& file, const std::vector<std::string>& overrides) {
  try {
    load_config(file, overrides);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

/// Each tests/golden/config/NAME.yaml is refused with exactly the text in NAME.txt.
class ConfigErrors : public ::testing::TestWithParam<std::string> {};

TEST_P(ConfigErrors, are_the_ones_in_the_golden_file) {
  std::filesystem::current_path(GOLDEN_FOLDER);  // So that no machine's path is in the text.
  const std::string file = "config/" + GetParam() + ".yaml";
  expect_golden("config/" + GetParam() + ".txt", error_of(file, overrides_of(file)) + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, ConfigErrors,
                         ::testing::Values("unknown_keys", "wrong_types", "out_of_range",
                                           "duplicates", "missing_units", "settings_that_disagree",
                                           "command_line", "not_yaml", "open_quote", "open_list",
                                           "no_settings", "no_data", "cnn_without_shape"),
                         [](const auto& test) { return test.param; });

TEST(MissingConfig, is_named_with_a_way_to_get_one) {
  EXPECT_EQ(error_of("nowhere.yaml", {}),
            "nowhere.yaml: cannot read: No such file or directory; `greentrain init digits` writes "
            "a config to start from");
}

TEST(Configs, that_come_with_the_program_load_without_a_complaint) {
  int loaded = 0;
  for (const auto& file : std::filesystem::directory_iterator(CONFIGS_FOLDER)) {
    if (file.path().extension() != ".yaml") continue;
    EXPECT_EQ(error_of(file.path().string(), {}), "no error") << file.path();
    ++loaded;
  }
  EXPECT_GE(loaded, 2);
}

class ConfigTest : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string path = folder_ / "config.yaml";
    std::ofstream(path) << text;
    return path;
  }
  TestFolder folder_;
};

TEST_F(ConfigTest, the_defaults_need_only_data) {
  const LoadedConfig loaded = load_config(write("data: {path: [digits.csv]}"), {});
  EXPECT_EQ(loaded.config.data.path, std::vector<std::string>{"digits.csv"});
  EXPECT_EQ(loaded.config.train.batch_size, TrainOptions{}.batch_size);
}

TEST_F(ConfigTest, the_resolved_config_reads_back_as_the_same_one) {
  const LoadedConfig first =
      load_config(write("data: {path: a.txt, format: text, validation: 12.5%}\nmodel: {type: gpt}\n"
                        "carbon: {intensity: 56 g/kWh}\nmeter: {period: 250ms}\n"),
                  {"train.learning_rate=3e-4"});
  const LoadedConfig second = load_config(write(resolved_yaml(first.settings, Origins::Shown)), {});
  EXPECT_EQ(second.config.carbon.intensity, GramsPerKwh{56});
  EXPECT_EQ(second.config.meter.period, std::chrono::milliseconds(250));
  EXPECT_EQ(second.config.train.learning_rate, 3e-4);
  EXPECT_EQ(config_sha256(second.settings), config_sha256(first.settings));
}

TEST_F(ConfigTest, the_hash_changes_with_a_setting_and_not_with_its_spelling) {
  const std::string file = write("data: {path: a.csv}");
  const auto hash = [&](const std::string& argument) {
    return config_sha256(load_config(file, {argument}).settings);
  };
  EXPECT_EQ(hash("meter.period=1s"), hash("meter.period=1000ms"));
  EXPECT_NE(hash("meter.period=1s"), hash("meter.period=2s"));
}

}  // namespace
}  // namespace greentrain
