#pragma once

namespace CLI {
class App;
}

namespace greentrain {

/// `greentrain predict RUN_DIR DATA`: the class of every sample as CSV, or for text its
/// continuation.
void add_predict_command(CLI::App& app);

}  // namespace greentrain
