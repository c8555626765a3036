#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/units.h"

namespace greentrain::fake {

/// A value that holds from a moment on. Seconds count from the start of the scenario.
struct Step {
  double from_s{0};
  double value{0};
};

/// Mean power under full load at a power cap, as it was measured somewhere.
struct CurvePoint {
  double cap_w;
  double power_w;
};

/// Something that goes wrong between two moments.
struct Fault {
  std::string call;  ///< Part of the name of a function; empty: every one that takes a device.
  double from_s{0};
  double to_s{std::numeric_limits<double>::infinity()};
  std::string error;            ///< NVML's name without NVML_ERROR_: "GPU_IS_LOST".
  double block_s{0};            ///< The call takes this much longer.
  bool freeze{false};           ///< The energy counter stands still and catches up afterwards.
  std::optional<double> shows;  ///< Joules or watts in the place of the true ones.
};

/// One GPU of a scenario; docs/fakes.md has the table of the fields.
struct FakeGpu {
  std::string uuid;
  std::string name{"Fake GPU"};
  std::string pci_bus_id;
  double idle_w{50};
  double full_w{400};
  double min_limit_w{100};
  double max_limit_w{400};
  double default_limit_w{400};
  double update_period_s{0.1};
  double counter_gain{1};     ///< What the counter shows of each joule.
  bool energy_counter{true};  ///< False: NOT_SUPPORTED.
  bool average_power{true};   ///< The mean of a second; false: older GPUs, only power at a moment.
  bool module_scope{false};   ///< A GPU and its CPU in one module, whose counter has both.
  double cpu_w{0};            ///< Of the module's CPU, constant.
  int mig_instances{0};
  std::vector<Step> load{{0, 1}};       ///< From 0 to 1.
  std::vector<Step> out_of_band_limit;  ///< In watts, set by the board's controller.
  std::vector<double> resets_s;         ///< The driver is loaded anew: the counter starts at zero.
  std::vector<CurvePoint> curve;        ///< By rising cap; empty: the cap itself is drawn.
  std::vector<Fault> faults;
};

/// Who may set limits.
enum class Permission { Root, All, None };

/// What libnvidia-ml.so.1 is to pretend.
struct FakeScenario {
  std::string driver_version{"580.65.06"};
  std::optional<std::filesystem::path> clock;  ///< A file that holds the seconds; none: real time.
  std::filesystem::path state;                 ///< Shared by all processes; made where missing.
  std::optional<std::filesystem::path> call_log;
  Permission permission{Permission::Root};
  std::vector<FakeGpu> gpus;
};

/// Reads a scenario (JSON). Relative paths in it start at its folder. Throws UsageError with the
/// file and the field.
FakeScenario read_fake_scenario(const std::filesystem::path& file);

/// The whole text of a file. Throws UsageError if it cannot be read.
std::string read_text(const std::filesystem::path& file);

/// Points of one GPU model and one workload from a table with the columns gpu, model, cap_w and
/// avg_power_w; several rows of a cap count with their mean. Throws UsageError if there is none.
std::vector<CurvePoint> read_power_curve(const std::filesystem::path& csv, const std::string& gpu,
                                         const std::string& model);

}  // namespace greentrain::fake
