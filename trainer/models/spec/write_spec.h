#pragma once

#include <string>

#include "trainer/models/spec/model_spec.h"

namespace greentrain {

/// The list of layers in YAML, one layer a line, each line `indent` spaces in; read_spec() makes
/// the same of it. Arguments that have their defaults are left out.
std::string write_spec(const ModelSpec& spec, int indent = 0);

}  // namespace greentrain
