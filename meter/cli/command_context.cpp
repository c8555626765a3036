#include "meter/cli/command_context.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>

#include "meter/calibration.h"
#include "meter/cli/child_process.h"

namespace greentrain {

void add_meter_options(CLI::App& command, MeterOptions& options) {
  command
      .add_option("--sensors", options.sensors,
                  "auto, or a list of nvml, rapl, perf, hwmon and model")
      ->delimiter(',')
      ->default_str("auto");
  command
      .add_option_function<double>(
          "--period",
          [&options](double seconds) {
            options.period = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
          },
          "Seconds between two readings")
      ->check(CLI::Range(0.01, 10.0))
      ->default_str("1");
}

std::optional<std::filesystem::path> journal_folder(const Environment& environment) {
  const auto calibration = calibration_file(environment);
  if (!calibration) return std::nullopt;
  return calibration->parent_path() / "energy";
}

bool wait_or_signal(const BlockedSignals& signals, Seconds time) {
  const Clock::Instant end = std::chrono::steady_clock::now() +
                             std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
  const std::vector<int> ending = ending_signals();
  while (true) {
    const Seconds left = end - std::chrono::steady_clock::now();
    if (left <= Seconds(0)) return true;
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(left.count());
    timeout.tv_nsec = static_cast<long>((left.count() - static_cast<double>(timeout.tv_sec)) * 1e9);
    const int signal = sigtimedwait(&signals.blocked(), nullptr, &timeout);
    if (std::find(ending.begin(), ending.end(), signal) != ending.end()) return false;
    if (signal < 0 && errno != EAGAIN && errno != EINTR) return true;
  }
}

std::string utc_now(const Clock& clock) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(clock.date());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace greentrain
