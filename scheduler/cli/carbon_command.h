#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "core/environment.h"
#include "core/terminal.h"
#include "scheduler/carbon/carbon_zone.h"
#include "scheduler/carbon/feeds/feed_registry.h"

namespace CLI {
class App;
}

namespace greentrain {

/// What a command of greensched stands on.
struct CommandContext {
  const Environment& environment;
  std::ostream& out;  ///< What was asked for.
  std::ostream& err;  ///< What went wrong on the way, and what state that leads to.
  Terminal terminal;  ///< Behind `out`.
};

/// What the user said about carbon; shared by the commands that need it.
struct CarbonArguments {
  std::string zone;
  FeedSettings feed;
  std::string basis;
  std::filesystem::path store;  ///< Empty: default_store(), or none for a file.
  std::string now;              ///< Empty: the machine's clock.
  std::string kind;             ///< Empty: any.
  int horizon_hours{48};
  int history_days{60};
  bool json{false};
};

/// Adds the options that every command with a zone has; the zone itself as `zone_option`.
void add_carbon_options(CLI::App& command, CarbonArguments& arguments,
                        const std::string& zone_option = "ZONE");

/// Adds `carbon show|forecast|skill ZONE`, which run when the arguments are parsed.
void add_carbon_command(CLI::App& program, const CommandContext& context);

}  // namespace greentrain
