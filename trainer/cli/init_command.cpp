#include "trainer/cli/init_command.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "trainer/cli/standard_output.h"
#include "trainer/cli/templates.h"

namespace greentrain {
namespace {

void write_template(const std::string& name, std::string path) {
  if (path.empty()) path = name + ".yaml";
  if (std::filesystem::exists(path)) {
    throw UsageError(fmt::format(
        "{} exists already and is left as it is; name another file: greentrain init {} FILE", path,
        name));
  }
  write_file_atomically(path, config_templates().at(name));
  print(fmt::format(
      "Wrote {}. Next:\n  greentrain config check {}\n  mpirun --quiet -n 2 greentrain {}\n", path,
      path, path));
}

}  // namespace

void add_init_command(CLI::App& app) {
  struct Arguments {
    std::string name;
    std::string path;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("init", "Write a commented config to start from");
  std::vector<std::string> names;
  for (const auto& [name, text] : config_templates()) names.push_back(name);
  command->add_option("template", arguments->name, "Which one")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("file", arguments->path, "Where to; TEMPLATE.yaml here by default");
  command->callback([arguments] { write_template(arguments->name, arguments->path); });
}

}  // namespace greentrain
