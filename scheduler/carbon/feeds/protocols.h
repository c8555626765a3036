#pragma once

#include <memory>

#include "scheduler/carbon/feeds/feed_protocol.h"

namespace greentrain {

// One line per provider; the file is named after it. feed_registry.cpp lists them.
std::unique_ptr<FeedProtocol> make_electricity_maps();
std::unique_ptr<FeedProtocol> make_energy_charts();
std::unique_ptr<FeedProtocol> make_neso();
std::unique_ptr<FeedProtocol> make_watttime();

}  // namespace greentrain
