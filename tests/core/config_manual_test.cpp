#include <regex>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/config/json_schema.h"
#include "core/config/manual.h"
#include "core/config/reader/config_reader.h"
#include "core/error.h"
#include "tests/core/config_sample.h"

namespace greentrain {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class ConfigManualTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& path) {
    try {
      explain(table, path);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  /// The schema of one setting.
  Json property(const std::string& path) {
    std::string pointer = "/properties/" + path;
    for (std::size_t at = pointer.find('.'); at != std::string::npos; at = pointer.find('.')) {
      pointer.replace(at, 1, "/properties/");
    }
    return schema.at(Json::json_pointer(pointer));
  }

  SampleConfig config;
  OptionTable table{collect_options(config)};
  Json schema = Json::parse(json_schema(table, "sample"));
};

TEST_F(ConfigManualTest, explains_a_setting) {
  EXPECT_EQ(explain(table, "brew.time"),
            "brew.time\n"
            "  How long it draws.\n"
            "  type:     a duration\n"
            "  units:    ms, s, min, h or d\n"
            "  range:    1s to 1h\n"
            "  default:  90s\n"
            "  in YAML:  brew: {time: 90s}\n"
            "  argument: brew.time=90s\n");
}

TEST_F(ConfigManualTest, explains_choices_lists_and_settings_without_a_default) {
  EXPECT_THAT(explain(table, "brew.flavour"),
              HasSubstr("type:     one of sweet, sour or very_bitter\n"));
  EXPECT_THAT(explain(table, "brew.sizes"), HasSubstr("type:     a list of whole numbers\n"));
  EXPECT_THAT(explain(table, "brew.limit.energy"), HasSubstr("type:     an energy, or null\n"));
  EXPECT_THAT(explain(table, "brew.limit.energy"), HasSubstr("argument: brew.limit.energy=5MJ\n"));
}

TEST_F(ConfigManualTest, the_examples_it_gives_are_valid) {
  for (Option& option : table.options) {
    const std::string text = explain(table, option.path);
    const std::size_t begin = text.find("argument: ") + 10;
    ConfigReader reader(table);
    reader.read_override(text.substr(begin, text.find('\n', begin) - begin));
    EXPECT_NO_THROW(reader.finish("brewer", Colors::Off)) << text;
  }
}

TEST_F(ConfigManualTest, lists_what_a_group_holds_and_all_sections) {
  EXPECT_THAT(explain(table, "brew.limit"),
              HasSubstr("brew.limit.share               Share of it. [25%]\n"));
  EXPECT_THAT(explain(table, "brew"),
              HasSubstr("brew.limit                     What it may cost.\n"));
  EXPECT_THAT(explain(table, ""), HasSubstr("grid                           The power socket.\n"));
}

TEST_F(ConfigManualTest, guesses_which_setting_was_meant) {
  EXPECT_EQ(refusal("brew.flavor"), "no setting is called 'brew.flavor'; did you mean 'flavour'?");
  EXPECT_EQ(refusal("cups"), "no setting is called 'cups'; 'cups' belongs under 'brew'");
  EXPECT_EQ(refusal("something.else"),
            "no setting is called 'something.else'; sections: brew, grid");
}

TEST_F(ConfigManualTest, the_manual_names_every_setting_in_the_table_of_its_group) {
  const std::string page = manual(table, "brewer");
  for (const Option& option : table.options) {
    EXPECT_THAT(page.substr(page.find("`" + parent_path(option.path) + "`")),
                HasSubstr("\n| `" + option.key() + "` | "))
        << option.path;
  }
  EXPECT_THAT(page, HasSubstr("\n## `brew`\n\nMaking tea.\n"));
  EXPECT_THAT(page, HasSubstr("\n### `brew.limit`\n"));
  EXPECT_THAT(page, HasSubstr("| `cups` | a whole number | `2` | 1 to 12 | How many cups. |\n"));
}

TEST_F(ConfigManualTest, the_schema_knows_every_setting_and_allows_no_other) {
  for (const Option& option : table.options) {
    EXPECT_THAT(property(option.path)["description"].get<std::string>(), HasSubstr(option.help));
    EXPECT_TRUE(property(option.path).contains("default")) << option.path;
  }
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["type"], "object");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(property("brew")["additionalProperties"], false);
  EXPECT_EQ(property("brew.limit")["additionalProperties"], false);
  EXPECT_EQ(schema["properties"].size(), 2u);
}

TEST_F(ConfigManualTest, the_schema_holds_types_limits_choices_and_defaults) {
  EXPECT_EQ(property("brew.stir")["type"], "boolean");
  EXPECT_EQ(property("brew.stir")["default"], true);
  EXPECT_EQ(property("brew.cups")["type"], "integer");
  EXPECT_EQ(property("brew.cups")["minimum"], 1);
  EXPECT_EQ(property("brew.cups")["maximum"], 12);
  EXPECT_EQ(property("brew.strength")["type"], "number");
  EXPECT_EQ(property("brew.flavour")["enum"], Json({"sweet", "sour", "very_bitter"}));
  EXPECT_EQ(property("brew.sizes")["anyOf"][0]["items"]["minimum"], 1);
  EXPECT_EQ(property("brew.sizes")["default"], Json({3, 4}));
  EXPECT_EQ(property("brew.guests")["default"], Json::array());
  EXPECT_EQ(property("brew.limit.energy")["anyOf"][1]["type"], "null");
  EXPECT_EQ(property("brew.limit.energy")["default"], nullptr);
  EXPECT_EQ(property("brew.limit.share")["anyOf"][1]["maximum"], 1);
  EXPECT_EQ(property("brew.time")["default"], "90s");
}

TEST_F(ConfigManualTest, the_patterns_match_what_the_reader_takes) {
  const std::regex time(property("brew.time")["pattern"].get<std::string>());
  for (const char* text : {"100ms", "1.5 s", "2min", "1e3ms", "+.5h", "7.d"}) {
    std::chrono::milliseconds value{};
    EXPECT_TRUE(std::regex_match(text, time)) << text;
    EXPECT_EQ(parse_value(text, value), std::nullopt) << text;
  }
  for (const char* text : {"", "100", "ms", "1.5m", "1,5s", "1s "}) {
    std::chrono::milliseconds value{};
    EXPECT_FALSE(std::regex_match(text, time)) << text;
    EXPECT_NE(parse_value(text, value), std::nullopt) << text;
  }
  const std::regex intensity(property("grid.intensity")["pattern"].get<std::string>());
  EXPECT_TRUE(std::regex_match("400 g/kWh", intensity));
}

}  // namespace
}  // namespace greentrain
