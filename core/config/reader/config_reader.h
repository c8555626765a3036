#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/config/option.h"
#include "core/config/reader/diagnostics.h"
#include "core/config/reader/yaml_document.h"

namespace greentrain {

/// One setting after everything was read. Plain data: it outlives the reader and the options.
struct ResolvedSetting {
  std::string path;   ///< "train.batch_size".
  std::string value;  ///< As YAML: "64", "[64, 64]", "100ms".
  std::string default_value;
  std::string origin;  ///< "configs/digits.yaml:12", "command line" or "default".
  bool differs() const { return value != default_value; }
};

/// Reads settings from a file and the command line into the options of a table, later ones over
/// earlier ones, and collects every mistake on the way. Borrows the table; used once.
class ConfigReader {
 public:
  explicit ConfigReader(OptionTable& table) : table_(table) {}

  /// YAML, at most 1 MiB. Throws UsageError at once if the file cannot be read.
  void read_file(const std::string& path);
  /// The same from memory; `name` stands for the path in messages and origins.
  void read_text(const std::string& name, const std::string& yaml);
  void read_override(const std::string& argument);  ///< "train.batch_size=64".

  /// A rule over several settings, for use after all was read. If it does not hold, the message is
  /// shown at the first of `paths` that was given, or else at its section. It is passed over when
  /// one of them has an error of its own.
  void require(bool holds, const std::vector<std::string>& paths, const std::string& message,
               const std::string& hint = "");

  /// A mistake that somebody else found in what was read.
  void complain(ConfigError error);

  /// Throws UsageError with every error if there is one, a text to be printed as it is. `program`
  /// is the one that knows `config explain`.
  void finish(const std::string& program, Colors colors) const;
  std::vector<ResolvedSetting> settings() const;

 private:
  std::shared_ptr<const ConfigSource> add_source(std::string name, std::string text, bool is_file);
  void read_group(const std::string& path, const YamlNode& node);
  void read_entry(const std::string& group, const YamlEntry& entry);
  void read_option(Option& option, const YamlNode& node);
  ConfigPlace place_of(const std::vector<std::string>& paths) const;
  void doubt(ConfigError error);
  bool is_doubtful(const std::string& path) const;

  OptionTable& table_;
  std::size_t source_count_{0};
  std::shared_ptr<const ConfigSource> file_;
  std::map<std::string, ConfigPlace> places_;  ///< Of the settings and groups that were given.
  bool understood_{true};                      ///< All YAML could be parsed.
  std::set<std::string> doubtful_;             ///< Settings and groups that errors are about.
  std::vector<ConfigError> errors_;
};

}  // namespace greentrain
