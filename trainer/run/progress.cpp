#include "trainer/run/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/format.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

constexpr auto kRedrawPeriod = 100ms;
constexpr std::size_t kNarrowestBar = 8;
constexpr std::size_t kWidestBar = 24;

/// Share of the planned steps that is done.
std::optional<double> done(const ProgressPoint& point) {
  if (point.planned_steps <= 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(point.step) / static_cast<double>(point.planned_steps));
}

std::optional<Seconds> time_left(const ProgressPoint& point, double samples_per_s) {
  if (point.step <= 0 || point.planned_steps <= 0 || samples_per_s <= 0) return std::nullopt;
  const auto steps_left = static_cast<double>(point.planned_steps - point.step);
  const double samples_per_step =
      static_cast<double>(point.samples_seen) / static_cast<double>(point.step);
  return Seconds{std::max(0.0, steps_left * samples_per_step / samples_per_s)};
}

std::string format_figures(const ProgressPoint& point, std::optional<double> samples_per_s) {
  std::string text = "  loss " + format_number(point.loss);
  if (samples_per_s) text += "  " + format_number(*samples_per_s) + " samples/s";
  if (point.power) text += "  " + format_watts(*point.power);
  if (point.power && samples_per_s.value_or(0) > 0) {
    text += "  " + format_joules(Joules{point.power->value / *samples_per_s}) + "/sample";
  }
  if (point.joules) text += "  " + format_joules(*point.joules);
  const auto left = samples_per_s ? time_left(point, *samples_per_s) : std::nullopt;
  // Whole seconds: more digits would only flicker.
  if (left)
    text +=
        "  ETA " + (*left < 60s ? fmt::format("{:.0f} s", left->count()) : format_duration(*left));
  return text;
}

/// " [====>     ]", or nothing when there is no room.
std::string bar(double share, std::size_t room) {
  if (room < kNarrowestBar + 3) return "";
  const std::size_t width = std::min(room - 3, kWidestBar);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  const std::string head = filled < width ? ">" : "";
  return fmt::format(" [{:{}}]", std::string(filled, '=') + head, width);
}

}  // namespace

std::string format_progress(const ProgressPoint& point, std::optional<double> samples_per_s,
                            std::optional<std::size_t> width) {
  const std::string epoch = fmt::format("epoch {}/{}", point.epoch, point.epochs);
  const auto share = done(point);
  const std::string rest =
      (share ? fmt::format(" {:3.0f} %", *share * 100) : "") + format_figures(point, samples_per_s);
  if (!width) return epoch + rest;
  const std::size_t used = epoch.size() + rest.size();
  return (epoch + (share && used < *width ? bar(*share, *width - used) : "") + rest)
      .substr(0, *width);
}

ProgressLine::ProgressLine(std::ostream& out, const Terminal& terminal,
                           std::chrono::milliseconds period, Mode mode, const Clock& clock)
    : out_(out),
      terminal_(terminal),
      period_(terminal.interactive ? kRedrawPeriod : period),
      mode_(mode),
      clock_(clock),
      due_(clock.now() + (terminal.interactive ? 0ms : period)) {}

void ProgressLine::update(const ProgressPoint& point) {
  const auto now = clock_.now();
  throughput_.observe(now, point.samples_seen);
  if (mode_ == Mode::Silent || now < due_) return;
  due_ = now + period_;
  if (terminal_.interactive) {
    // The last column stays free: some terminals start a new line once it is filled.
    const auto width = static_cast<std::size_t>(std::max(1, terminal_.width - 1));
    redraw(format_progress(point, samples_per_s(), width));
  } else {
    out_ << format_progress(point, samples_per_s(), std::nullopt) << std::endl;
  }
}

void ProgressLine::redraw(const std::string& line) {
  const std::size_t rest = shown_width_ > line.size() ? shown_width_ - line.size() : 0;
  out_ << '\r' << line << std::string(rest, ' ') << std::flush;
  shown_width_ = line.size();
}

void ProgressLine::clear() {
  if (shown_width_ == 0) return;
  redraw("");
  out_ << '\r' << std::flush;
  due_ = clock_.now();
}

}  // namespace greentrain
