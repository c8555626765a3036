#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace greentrain {

/// A text that settings are read from: a file, or one argument of the command line.
struct ConfigSource {
  std::string name;     ///< "configs/digits.yaml" or "command line".
  std::string text;     ///< UTF-8.
  bool is_file{true};   ///< An argument's line and column are not shown.
  std::size_t order{};  ///< Errors of lower sources come first.
};

/// Where something stands in a source.
struct ConfigPlace {
  std::shared_ptr<const ConfigSource> source;
  std::size_t line{0};    ///< From 1; 0: the source as a whole.
  std::size_t column{0};  ///< From 1, in bytes.
  std::size_t length{1};  ///< Bytes to underline.
};

/// "configs/digits.yaml:12", "command line".
std::string origin_text(const ConfigPlace& place);

struct ConfigError {
  ConfigPlace place;
  std::string message;
  std::string hint;  ///< Printed beside the underline: "did you mean 'epochs'?"; may be empty.
  std::string path;  ///< The setting or group to read about; may be empty.
};

enum class Colors { Off, On };

/// All errors, sorted by place, each with its line and an underline, and a last line with the
/// count. Ends without a newline. `program` names the command that explains: "greentrain".
std::string render_errors(std::vector<ConfigError> errors, const std::string& program,
                          Colors colors);

}  // namespace greentrain
