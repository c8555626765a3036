#include "trainer/cli/config_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/config/json_schema.h"
#include "core/config/manual.h"
#include "core/error.h"
#include "trainer/cli/standard_output.h"
#include "trainer/config.h"
#include "trainer/models/spec/families.h"
#include "trainer/models/spec/layer_kinds.h"
#include "trainer/models/spec/write_spec.h"

namespace greentrain {
namespace {

/// The arguments of check and show.
struct ConfigArguments {
  std::string file;
  std::vector<std::string> overrides;
};

/// A subcommand that loads a config and prints what `describe` makes of it.
template <class Describe>
void add_file_command(CLI::App& config, const char* name, const char* help, Colors colors,
                      Describe describe) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App* command = config.add_subcommand(name, help);
  command->add_option("FILE", arguments->file, "A config in YAML")->required();
  command->add_option("KEY=VALUE", arguments->overrides, "Settings that win over the file's");
  command->callback([arguments, colors, describe] {
    print(describe(arguments->file, load_config(arguments->file, arguments->overrides, colors)));
  });
}

std::string verdict(const std::string& file, const LoadedConfig& loaded) {
  const auto changed = std::count_if(loaded.settings.begin(), loaded.settings.end(),
                                     [](const ResolvedSetting& s) { return s.differs(); });
  return fmt::format("{}: no errors; {} of {} settings differ from their defaults\n", file, changed,
                     loaded.settings.size());
}

/// A subcommand about the settings that exist; it needs no file.
template <class Describe>
CLI::App* add_table_command(CLI::App& config, const char* name, const char* help,
                            Describe describe) {
  CLI::App* command = config.add_subcommand(name, help);
  command->callback([describe] {
    Config defaults;
    print(describe(config_options(defaults)));
  });
  return command;
}

}  // namespace

void add_config_command(CLI::App& app, Colors colors) {
  CLI::App& config = *app.add_subcommand("config", "Check a config, or read about its settings");
  config.require_subcommand(1);
  add_file_command(config, "check", "Look for errors in a config", colors, verdict);
  add_file_command(config, "show", "Print every setting with its origin", colors,
                   [](const std::string&, const LoadedConfig& loaded) {
                     return resolved_yaml(loaded.settings, Origins::Shown);
                   });
  add_file_command(config, "model", "Print the layers of its model, to be written as model.spec",
                   colors, [](const std::string&, const LoadedConfig& loaded) {
                     return "model:\n  type: spec\n  spec:\n" +
                            write_spec(expand(loaded.config.model), /*indent=*/4);
                   });
  const auto key = std::make_shared<std::string>();
  add_table_command(config, "explain", "Say what a setting, a group or a section is for",
                    [key](const OptionTable& table) { return explain(table, *key); })
      ->add_option("KEY", *key, "Such as train.batch_size; without it, the sections");
  add_table_command(
      config, "schema", "Print a JSON Schema for editors",
      [](const OptionTable& table) { return json_schema(table, "greentrain config"); });
  add_table_command(config, "manual", "Print docs/config.md",
                    [](const OptionTable& table) { return manual(table, "greentrain"); });
  config
      .add_subcommand("layers", "Print the layers that model.spec may hold, as in docs/models.md")
      ->callback([] { print(layer_manual()); });
}

}  // namespace greentrain
