#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace greentrain {

/// One thing that `greentrain doctor` looked at.
struct Finding {
  std::string name;                ///< "blas": the first column, and the key in the JSON.
  std::string summary;             ///< For people.
  nlohmann::ordered_json figures;  ///< The same for programs; names carry their units.
  std::string advice{};            ///< What would make runs better; empty when all is well.
  bool stops_runs{false};          ///< No run works before the advice is followed.
};

}  // namespace greentrain
