#pragma once

#include <map>
#include <string>

namespace greentrain {

/// The files of configs/ that `greentrain init` offers, by name ("digits"), as they were when the
/// program was built.
const std::map<std::string, std::string>& config_templates();

}  // namespace greentrain
