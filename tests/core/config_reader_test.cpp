#include "core/config/reader/config_reader.h"

#include <fstream>
#include <random>

#include <gmock/gmock.h>

#include "core/config/resolved.h"
#include "core/error.h"
#include "tests/core/config_sample.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// Reads texts as files and arguments into a SampleConfig.
class ConfigReaderTest : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string path = folder_ / "sample.yaml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  void read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    reader.read_file(write(text));
    for (const std::string& argument : overrides) {
      reader.read_override(argument);
    }
  }

  std::string errors() {
    try {
      reader.finish("brewer", Colors::Off);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  std::string errors_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
    read(text, overrides);
    return errors();
  }

  TestFolder folder_;
  SampleConfig config;
  OptionTable options{collect_options(config)};
  ConfigReader reader{options};
};

TEST_F(ConfigReaderTest, fills_the_members_of_every_type) {
  read(R"(
brew:
  stir: false
  cups: 3
  strength: 0.75
  name: green tea
  flavour: very_bitter
  time: 2min
  sizes: [7, 8, 9]
  guests: [Ada, "7"]
  limit: {energy: 1.2kWh, power: 300W, share: 5%}
grid:
  intensity: 56 g/kWh
)");
  EXPECT_EQ(errors(), "");
  EXPECT_FALSE(config.brew.stir);
  EXPECT_EQ(config.brew.cups, 3);
  EXPECT_EQ(config.brew.strength, 0.75);
  EXPECT_EQ(config.brew.name, "green tea");
  EXPECT_EQ(config.brew.flavour, Flavour::VeryBitter);
  EXPECT_EQ(config.brew.time, milliseconds(120'000));
  EXPECT_THAT(config.brew.sizes, ElementsAre(7, 8, 9));
  EXPECT_THAT(config.brew.guests, ElementsAre("Ada", "7"));
  EXPECT_EQ(config.brew.limit.energy, Joules{4.32e6});
  EXPECT_EQ(config.brew.limit.power, Watts{300});
  EXPECT_EQ(config.brew.limit.share, Fraction{0.05});
  EXPECT_EQ(config.grid.intensity, GramsPerKwh{56});
}

TEST_F(ConfigReaderTest, keeps_the_defaults_of_what_is_not_given) {
  read("brew:\ngrid: {}\n");  // A section whose settings are commented out is empty.
  EXPECT_EQ(errors(), "");
  EXPECT_EQ(config.brew.cups, 2);
  EXPECT_EQ(config.brew.limit.energy, std::nullopt);
}

TEST_F(ConfigReaderTest, takes_one_value_for_a_list_and_null_for_an_optional) {
  read("brew: {sizes: 5, guests: [], limit: {energy: ~}}");
  EXPECT_EQ(errors(), "");
  EXPECT_THAT(config.brew.sizes, ElementsAre(5));
  EXPECT_THAT(config.brew.guests, IsEmpty());
  EXPECT_EQ(config.brew.limit.energy, std::nullopt);
}

TEST_F(ConfigReaderTest, lets_the_command_line_win_and_the_last_argument_most) {
  read("brew: {cups: 3, name: tea}",
       {"brew.cups=4", "brew.cups=5", "brew.name=a=b", "brew.guests=[x, y]",
        "brew.limit={share: 50%, energy: 5MJ}"});
  EXPECT_EQ(errors(), "");
  EXPECT_EQ(config.brew.cups, 5);
  EXPECT_EQ(config.brew.name, "a=b");
  EXPECT_THAT(config.brew.guests, ElementsAre("x", "y"));
  EXPECT_EQ(config.brew.limit.share, Fraction{0.5});
}

TEST_F(ConfigReaderTest, takes_an_empty_argument_as_the_empty_text) {
  read("brew: {name: tea}", {"brew.name="});
  EXPECT_EQ(errors(), "");
  EXPECT_EQ(config.brew.name, "");
}

TEST_F(ConfigReaderTest, tells_where_each_setting_comes_from) {
  read("brew:\n  cups: 3\n  strength: 0.5\n", {"brew.name=tea"});
  const std::vector<ResolvedSetting> settings = reader.settings();
  ASSERT_EQ(settings.size(), options.options.size());
  EXPECT_EQ(settings[0].path, "brew.stir");
  EXPECT_EQ(settings[0].origin, "default");
  EXPECT_EQ(settings[1].value, "3");
  EXPECT_EQ(settings[1].default_value, "2");
  EXPECT_THAT(settings[1].origin, EndsWith("sample.yaml:2"));
  EXPECT_TRUE(settings[1].differs());
  EXPECT_THAT(settings[2].origin, EndsWith("sample.yaml:3"));
  EXPECT_FALSE(settings[2].differs());
  EXPECT_EQ(settings[3].origin, "command line");
}

TEST_F(ConfigReaderTest,
       counts_columns_in_characters_past_a_byte_order_mark_and_line_ends_of_windows) {
  const std::string found =
      errors_of("\xEF\xBB\xBF# caf\xC3\xA9\r\nbrew: {name: \"caf\xC3\xA9\", cups: 0}\r\n");
  EXPECT_THAT(
      found,
      HasSubstr("sample.yaml:2:28: error: brew.cups is 0, expected a whole number from 1 to 12\n"
                "    2 | brew: {name: \"caf\xC3\xA9\", cups: 0}\n"
                "      |                            ^\n"));
}

TEST_F(ConfigReaderTest, sorts_errors_by_place_the_file_first) {
  const std::string found = errors_of("brew:\n  cups: 0\n  colour: red\n  stir: 5\n", {"brew.x=1"});
  EXPECT_LT(found.find("brew.cups is"), found.find("'colour'"));
  EXPECT_LT(found.find("'colour'"), found.find("brew.stir is"));
  EXPECT_LT(found.find("brew.stir is"), found.find("command line: error: unknown key 'x'"));
  EXPECT_THAT(found, EndsWith("\n4 errors; see: brewer config explain brew.cups"));
}

TEST_F(ConfigReaderTest, refuses_a_key_given_twice) {
  EXPECT_THAT(errors_of("brew:\n  cups: 3\n  cups: 4\n"),
              HasSubstr(":3:3: error: duplicate key 'cups' in 'brew'"));
}

TEST_F(ConfigReaderTest, refuses_a_section_given_twice) {
  EXPECT_THAT(errors_of("brew: {}\ngrid: {}\nbrew: {}\n"),
              HasSubstr(":3:1: error: duplicate key 'brew'"));
}

TEST_F(ConfigReaderTest, refuses_tabs_as_indentation_but_not_elsewhere) {
  EXPECT_THAT(errors_of("brew:\n\tcups: 3\n"), HasSubstr(":2:1: error: a tab indents this line"));
}

TEST_F(ConfigReaderTest, allows_tabs_in_comments_and_blank_lines) {
  EXPECT_EQ(errors_of("brew:\n\t# x\n\t\n  cups: 3\t# y\n"), "");
}

TEST_F(ConfigReaderTest, names_the_first_byte_of_a_binary_file) {
  EXPECT_THAT(
      errors_of(std::string("brew: \0x", 8)),
      HasSubstr("sample.yaml: error: not a text in UTF-8: the first wrong byte is number 7"));
}

TEST_F(ConfigReaderTest, prints_no_byte_of_what_is_not_utf8) {
  const std::string found = errors_of("brew: {}", {"brew.name=\xFF\x1B[31m"});
  EXPECT_THAT(found, HasSubstr("command line: error: not a text in UTF-8"));
  EXPECT_THAT(found, Not(HasSubstr("\xFF")));
}

TEST_F(ConfigReaderTest, refuses_a_file_without_settings) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "~"}) {
    SampleConfig fresh;
    OptionTable table = collect_options(fresh);
    ConfigReader once(table);
    once.read_file(write(text));
    EXPECT_THROW(once.finish("brewer", Colors::Off), UsageError) << text;
  }
}

TEST_F(ConfigReaderTest, refuses_a_missing_file_a_folder_a_device_and_a_huge_file) {
  EXPECT_THROW(reader.read_file(folder_ / "missing.yaml"), UsageError);
  EXPECT_THROW(reader.read_file(folder_ / ""), UsageError);
  EXPECT_THROW(reader.read_file("/dev/zero"), UsageError);
  EXPECT_THROW(reader.read_file(write(std::string((1 << 20) + 1, '#'))), UsageError);
}

TEST_F(ConfigReaderTest, refuses_anchors) {
  EXPECT_THAT(errors_of("brew: {guests: &x [a]}"),
              HasSubstr(":1:16: error: YAML anchors and aliases"));
}

TEST_F(ConfigReaderTest, refuses_aliases_such_as_a_star_without_quotes) {
  EXPECT_THAT(errors_of("brew: {guests: *.txt }"), HasSubstr("quote a text that starts with *"));
}

TEST_F(ConfigReaderTest, refuses_a_second_document) {
  EXPECT_THAT(errors_of("brew: {}\n---\ngrid: {}\n"),
              HasSubstr(":2:1: error: a second YAML document"));
}

TEST_F(ConfigReaderTest, refuses_a_text_whose_quote_is_closed_on_another_line) {
  EXPECT_THAT(errors_of("brew:\n  name: \"green\n    tea\"\n"),
              HasSubstr(":2:9: error: a quote is not closed on its line"));
}

TEST_F(ConfigReaderTest, understands_quotes_within_quotes) {
  read(R"(brew: {name: 'it''s "it"', guests: ["a\"b", 'c"', "\\"]})");
  EXPECT_EQ(errors(), "");
  EXPECT_EQ(config.brew.name, "it's \"it\"");
  EXPECT_THAT(config.brew.guests, ElementsAre("a\"b", "c\"", "\\"));
}

TEST_F(ConfigReaderTest, survives_deep_nesting) {
  EXPECT_THAT(errors_of("brew: " + std::string(100'000, '[')), HasSubstr("nested too deeply"));
}

TEST_F(ConfigReaderTest, shows_the_part_of_a_long_line_that_is_wrong) {
  const std::string found = errors_of("brew: {name: " + std::string(5000, 'x') +
                                      ", cups: 0, guests: [" + std::string(5000, 'y') + "]}");
  EXPECT_LT(found.size(), 500u);
  EXPECT_THAT(found, HasSubstr("cups: 0"));
}

TEST_F(ConfigReaderTest, shows_the_first_fifty_errors_and_counts_the_rest) {
  std::string text = "brew:\n";
  for (int i = 0; i < 60; ++i) {
    text += "  unknown_" + std::to_string(i) + ": 1\n";
  }
  const std::string found = errors_of(text);
  EXPECT_THAT(found, HasSubstr("unknown_49"));
  EXPECT_THAT(found, Not(HasSubstr("unknown_50")));
  EXPECT_THAT(found, HasSubstr("... and 10 more\n60 errors"));
}

TEST_F(ConfigReaderTest, colours_only_when_told_to) {
  read("brew: {cups: 0}");
  EXPECT_THAT(errors(), Not(HasSubstr("\x1B")));
  try {
    reader.finish("brewer", Colors::On);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\x1B[1;31merror:\x1B[0m"));
  }
}

TEST_F(ConfigReaderTest, shows_a_broken_rule_at_the_first_setting_that_was_given) {
  read("brew:\n  strength: 1\n  name: x\n");
  reader.require(false, {"brew.cups", "brew.name"}, "these do not go together", "change one");
  reader.require(true, {"brew.cups"}, "this holds");
  EXPECT_THAT(errors(), HasSubstr(":3:9: error: these do not go together\n    3 |   name: x\n      "
                                  "|         ^  change one"));
  EXPECT_THAT(errors(), Not(HasSubstr("this holds")));
}

TEST_F(ConfigReaderTest, shows_a_broken_rule_at_the_section_or_file_when_no_setting_was_given) {
  read("brew:\n  strength: 1\n");
  reader.require(false, {"brew.cups"}, "brew is wrong");
  reader.require(false, {"grid.intensity"}, "grid is wrong");
  EXPECT_THAT(errors(), HasSubstr("sample.yaml: error: grid is wrong\n"));
  EXPECT_THAT(errors(), HasSubstr(":1:1: error: brew is wrong\n"));
}

TEST_F(ConfigReaderTest, passes_over_a_rule_about_settings_with_errors_of_their_own) {
  read("brew: {cups: many, limit: 5, nmae: x}");
  reader.require(false, {"brew.cups"}, "rule");
  reader.require(false, {"brew.limit.share"}, "rule");
  reader.require(false, {"brew.name"}, "rule");
  EXPECT_THAT(errors(), Not(HasSubstr("rule")));
  reader.require(false, {"brew.strength"}, "rule");
  EXPECT_THAT(errors(), HasSubstr("rule"));
}

TEST_F(ConfigReaderTest, resolved_settings_read_back_as_themselves) {
  read(
      "brew: {name: '', guests: ['a b', 'true', '7', '\"', '\\', \"# x\", caf\xC3\xA9, '*'], time: "
      "1500ms, limit: {share: 0.123}}",
      {"brew.sizes=[]"});
  ASSERT_EQ(errors(), "");
  const std::vector<ResolvedSetting> first = reader.settings();
  for (const Origins origins : {Origins::Shown, Origins::Hidden}) {
    SampleConfig again;
    OptionTable table = collect_options(again);
    ConfigReader second(table);
    second.read_file(write(resolved_yaml(first, origins)));
    second.finish("brewer", Colors::Off);
    EXPECT_EQ(again.brew.guests, config.brew.guests);
    EXPECT_EQ(again.brew.limit.share, config.brew.limit.share);
    EXPECT_EQ(config_sha256(second.settings()), config_sha256(first));
  }
}

TEST_F(ConfigReaderTest, any_text_survives_the_way_through_yaml) {
  std::mt19937 random(1);
  const std::string alphabet = "ab 01.-:#,[]{}&*!|>'\"%@`?~=\\\xC3\xA9";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::size_t k = random() % 8; k > 0; --k) {
      const char c = alphabet[random() % (alphabet.size() - 1)];
      text += c == '\xC3' ? "\xC3\xA9" : std::string{c};
    }
    SampleConfig fresh;
    OptionTable table = collect_options(fresh);
    ConfigReader once(table);
    once.read_override("brew.name=" + yaml_value({text}, ValueKind::Text, false));
    once.finish("brewer", Colors::Off);
    EXPECT_EQ(fresh.brew.name, text);
  }
}

TEST_F(ConfigReaderTest, no_bytes_make_it_crash) {
  std::mt19937 random(1);
  const std::string alphabet = "brew: cups[]{}-'\"\n\n  \t#&*!|>%@,~0\xC3\x80?";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t k = random() % 30; k > 0; --k) {
      text += alphabet[random() % alphabet.size()];
    }
    std::vector<ConfigError> found;
    const auto source = std::make_shared<ConfigSource>(ConfigSource{"x", text, true, 0});
    const bool understood = parse_yaml(source, 0, found).has_value();
    ASSERT_EQ(understood, found.empty()) << text;
    ASSERT_THAT(render_errors(found, "x", Colors::Off), Not(IsEmpty()));
  }
}

TEST(ResolvedYaml, indents_groups_and_names_origins) {
  const std::vector<ResolvedSetting> settings{{"a.x", "1", "2", "f.yaml:3"},
                                              {"a.b.y", "2", "2", "default"},
                                              {"c.z", "[3, 4]", "[]", "command line"}};
  EXPECT_EQ(resolved_yaml(settings, Origins::Shown),
            "a:\n"
            "  x: 1                                    # f.yaml:3\n"
            "  b:\n"
            "    y: 2\n"
            "c:\n"
            "  z: [3, 4]                               # command line\n");
}

}  // namespace
}  // namespace greentrain
