#pragma once

namespace CLI {
class App;
}

namespace greentrain {

/// `greentrain eval RUN_DIR [DATA]`: loss and metrics of a run's best weights, on the run's own
/// test part or on all of another file.
void add_eval_command(CLI::App& app);

}  // namespace greentrain
