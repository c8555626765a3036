#include "meter/gpu_model_sensor.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <vector>

#include "meter/reference_table.h"

namespace greentrain {

extern const std::string_view kGpuPowerCsv;

namespace {

constexpr double kIdleOverFull = 0.1;

/// "GRID T4-16Q" -> "GRID", "T4", "16Q".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      words.back() += c;
    } else {
      words.emplace_back();
    }
  }
  return words;
}

}  // namespace

std::optional<Watts> gpu_board_power(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  for (const auto& row : parse_reference_table(kGpuPowerCsv)) {
    if (std::find(words.begin(), words.end(), row[0]) != words.end()) {
      return Watts{std::strtod(row[1].c_str(), nullptr)};
    }
  }
  return std::nullopt;
}

Watts modelled_gpu_power(Watts full, double utilization) {
  return full * (kIdleOverFull + (1 - kIdleOverFull) * utilization);
}

GpuModelSensor::GpuModelSensor(std::shared_ptr<const NvmlLibrary> library, NvmlGpu gpu, Watts full,
                               const Clock& clock)
    : library_(std::move(library)),
      gpu_(std::move(gpu)),
      full_(full),
      clock_(clock),
      info_{.id = "nvml:" + gpu_.uuid,
            .device = gpu_.name,
            .quality = Quality::Estimated,
            .source = "model from how busy NVML says that the GPU is, no measurement",
            .accuracy = 0,  // Already inside the interval from nothing to full power.
            .update_period = Seconds(0),
            .max_power = full * NvmlGpu::kAboveLimit,
            .contains = {"GPU " + gpu_.name + " with its memory"},
            .parts = {"gpu:" + gpu_.uuid}} {}

Reading GpuModelSensor::read() {
  Reading reading;
  reading.before = clock_.now();
  const auto utilization = library_->utilization(gpu_);
  reading.after = clock_.now();
  if (!utilization) return reading;
  const Seconds time = reading.after - counted_to_.value_or(reading.after);
  counted_to_ = reading.after;
  joules_ += modelled_gpu_power(full_, *utilization) * time;
  hi_ += info_.max_power * time;
  reading.status = ReadStatus::Ok;
  reading.joules = joules_;
  reading.hi = hi_;
  return reading;
}

}  // namespace greentrain
