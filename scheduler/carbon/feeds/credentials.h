#pragma once

#include <filesystem>

#include "core/environment.h"
#include "scheduler/carbon/feeds/feed_protocol.h"

namespace greentrain {

/// Reads the keys that a provider names in `variables` (one is a token, two are user and password):
/// from the environment, or, where they are not set there, from `key_file` with lines NAME=value.
/// Keys that are nowhere stay empty. Throws UsageError if the file cannot be read, has another kind
/// of line, or may be read by others (it must be `chmod 600`); no message repeats its text.
Credentials read_credentials(const std::vector<std::string>& variables,
                             const Environment& environment, const std::filesystem::path& key_file);

}  // namespace greentrain
