#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/config/enum_names.h"
#include "core/units.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// What a run is told to do. Leave: save a checkpoint, give the nodes back and come again; given
/// only to runs that can. Stop: end in order.
enum class Order { Run, Pause, Leave, Stop };
template <>
inline constexpr auto enum_names<Order> =
    std::array<std::string_view, 4>{"run", "pause", "leave", "stop"};

struct Advice {
  Order order{Order::Run};
  std::optional<UtcTime> until{};  ///< Of a pause, as planned now.
  std::optional<Fraction> cap{};   ///< Power cap, of full power; only for runs that can set one.
};

/// Where a run stands. Plain numbers: the adviser knows no model and no rank.
struct RunProgress {
  std::int64_t steps{0};          ///< Done.
  std::int64_t planned_steps{0};  ///< At most.
  Joules joules;                  ///< Of all nodes, since the meters started; 0: not measured.
  bool paused{false};             ///< How the time since the last call was spent.
};

/// Tells a run when to run. Asked by one rank after every step, and every second or so in a pause;
/// the answer reaches the others in the control vote. Answers at once.
class RunAdviser {
 public:
  virtual ~RunAdviser() = default;
  virtual Advice advise(const RunProgress& progress) = 0;
};

}  // namespace greentrain
