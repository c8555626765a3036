#pragma once

namespace CLI {
class App;
}

namespace greentrain {

/// `greentrain init digits|text`: writes a commented config to start from.
void add_init_command(CLI::App& app);

}  // namespace greentrain
