#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "core/clock.h"
#include "core/terminal.h"
#include "core/units.h"
#include "trainer/run/throughput.h"

namespace greentrain {

/// Where a run stands after a step.
struct ProgressPoint {
  std::int64_t step{0};
  std::int64_t planned_steps{0};  ///< Were nothing to stop it early; at least step.
  std::int64_t epoch{0};          ///< Counted from 1.
  std::int64_t epochs{0};
  std::int64_t samples_seen{0};
  double loss{0};
  std::optional<Watts> power{};
  std::optional<Joules> joules{};  ///< So far.
};

/// One line that says where a run stands. On a terminal it is redrawn in place, at most ten times a
/// second; elsewhere a line is printed every period. Owned by rank 0; not thread-safe.
class ProgressLine {
 public:
  enum class Mode { Shown, Silent };  ///< Silent: --quiet and --json.

  ProgressLine(std::ostream& out, const Terminal& terminal, std::chrono::milliseconds period,
               Mode mode, const Clock& clock);

  ~ProgressLine() { clear(); }  ///< An error message starts on a line of its own.
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const ProgressPoint& point);  ///< After every step; cheap when nothing is due.
  void clear();  ///< Makes room for other output; the next update draws again.

  void interrupt() { throughput_ = {}; }  ///< A pause: the speed is measured anew after it.

  /// Over the last seconds; empty until there are two points. Also known when silent.
  std::optional<double> samples_per_s() const { return throughput_.per_second(); }

 private:
  void redraw(const std::string& line);

  std::ostream& out_;
  Terminal terminal_;
  Clock::Instant::duration period_;
  Mode mode_;
  const Clock& clock_;
  Throughput throughput_;
  Clock::Instant due_;
  std::size_t shown_width_{0};  ///< Columns to overwrite.
};

/// The line itself: "epoch 3/20 [====>     ] 45.0 %  loss 0.412  812 samples/s  214 W  264
/// mJ/sample 61.2 kJ  ETA 4m10s". What is unknown is left out. With a width the bar fills it as far
/// as that is of use, and the line is cut to it; without, there is no bar.
std::string format_progress(const ProgressPoint& point, std::optional<double> samples_per_s,
                            std::optional<std::size_t> width);

}  // namespace greentrain
