#pragma once

#include <span>
#include <string>

#include "core/config/reader/config_reader.h"

namespace greentrain {

enum class Origins { Hidden, Shown };

/// All settings as one YAML document, with "# configs/digits.yaml:12" after each that was not left
/// at its default if the origins are shown. Reads back as the same settings.
std::string resolved_yaml(std::span<const ResolvedSetting> settings, Origins origins);

/// SHA-256 of resolved_yaml without origins: equal for configs that mean the same.
std::string config_sha256(std::span<const ResolvedSetting> settings);

}  // namespace greentrain
