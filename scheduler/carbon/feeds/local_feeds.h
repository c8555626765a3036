#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "scheduler/carbon/feeds/carbon_feed.h"

namespace greentrain {

/// Reads the file anew at each fetch, as it would have been seen at the time of the query: slots
/// that had ended are observed, later ones are the file's forecast, and later polls are left out.
std::unique_ptr<CarbonFeed> make_file_feed(std::filesystem::path file,
                                           std::optional<EmissionBasis> basis);

/// Runs `command` with /bin/sh at each fetch, with GREENSCHED_ZONE set to the zone, and reads a
/// series from what it prints. It and its children are killed after `limit`; a non-zero exit is a
/// fault that shows the last line it wrote on stderr.
std::unique_ptr<CarbonFeed> make_command_feed(std::string command, std::chrono::milliseconds limit);

/// The yearly average of the country that the zone starts with, in every slot, as method Static. It
/// has no shape in time: nothing may be delayed for it, and it leaves the zone BLIND. fetch()
/// throws UsageError for a zone of no country in the table.
std::unique_ptr<CarbonFeed> make_static_feed();

}  // namespace greentrain
