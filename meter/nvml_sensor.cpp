#include "meter/nvml_sensor.h"

#include <future>
#include <thread>

#include "core/error.h"
#include "core/format.h"
#include "meter/gpu_model_sensor.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;

// Drivers update the counter every 20 to 100 ms (docs/measuring.md); the longest is safe.
constexpr Seconds kUpdatePeriod = 100ms;
constexpr Seconds kAveragedOver = 1s;
constexpr Seconds kPowerValid = 50ms;  // Power at a moment changes no more often than the counter.
// NVIDIA states 5 % of the power for older GPUs and nothing for newer ones.
constexpr double kAccuracy = 0.05;
// Where no limit is shown: twice the largest module of 2025.
constexpr Watts kMaxUnknown{3000};

Watts max_power(const NvmlGpu& gpu) {
  return gpu.highest_limit ? *gpu.highest_limit * NvmlGpu::kAboveLimit : kMaxUnknown;
}

SensorInfo info_of(const NvmlLibrary& library, const NvmlGpu& gpu, const NvmlSample& sample) {
  SensorInfo info;
  info.id = "nvml:" + gpu.uuid;
  info.device = gpu.name + (gpu.module ? " (GPU and CPU of the module)" : "");
  info.quality = sample.energy ? Quality::Measured : Quality::Integrated;
  info.source = std::string("NVML, driver ") + library.driver() +
                (sample.energy ? ", total energy counter" : ", power added up") +
                (gpu.mig ? "; the whole GPU, all MIG instances" : "");
  info.accuracy = kAccuracy;
  info.update_period = kUpdatePeriod;
  info.max_power = max_power(gpu);
  info.probe = sample.energy.has_value();
  if (!sample.energy) info.longest_period = 100ms;
  info.contains = {"GPU " + gpu.name + " with its memory"};
  info.parts = {"gpu:" + gpu.uuid};
  if (gpu.module) {
    info.contains.push_back("CPU and DRAM of the module");
    info.parts.push_back("grace:" + std::to_string(*gpu.module));
  }
  return info;
}

}  // namespace

NvmlSensor::NvmlSensor(std::shared_ptr<const NvmlLibrary> library, NvmlGpu gpu, const Clock& clock)
    : library_(std::move(library)),
      gpu_(std::move(gpu)),
      clock_(clock),
      info_(),
      counter_(false),
      total_({.range = {}, .max_power = max_power(gpu_), .update_period = kUpdatePeriod}),
      power_({.max_power = max_power(gpu_)}),
      check_({.max_power = max_power(gpu_)}),
      updates_(kUpdatePeriod) {
  const NvmlSample sample = library_->sample(gpu_);
  info_ = info_of(*library_, gpu_, sample);
  counter_ = sample.energy.has_value();
  const Seconds averaged_over = sample.average ? kAveragedOver : 0s;
  power_ = PowerTotal({info_.max_power, averaged_over, kUpdatePeriod});
}

Reading NvmlSensor::read() {
  Reading reading;
  reading.before = clock_.now();
  const NvmlSample sample = this->sample();
  reading.after = clock_.now();
  if (counter_ && sample.energy) {
    if (sample.momentary && check_.add(*sample.momentary, reading.before, reading.after)) {
      reading.integral = check_.joules();
    }
    const bool counted = count(*sample.energy, reading.before, reading.after);
    reading.update_period = updates_.longest().value_or(0s);
    if (counted) fill(reading, total_);
  } else if (!counter_ && (sample.average || sample.momentary)) {
    const Watts power = sample.average ? *sample.average : *sample.momentary;
    if (power_.add(power, reading.before, reading.after)) fill(reading, power_);
  }
  return reading;
}

NvmlSample NvmlSensor::sample() {
  if (!counter_) return library_->sample(gpu_, NvmlLibrary::Power::Both);
  const Clock::Instant now = clock_.now();
  const bool still_valid = momentary_ && now - power_read_ < kPowerValid;
  NvmlSample sample = library_->sample(
      gpu_, still_valid ? NvmlLibrary::Power::None : NvmlLibrary::Power::Momentary);
  if (still_valid) {
    sample.momentary = momentary_;
  } else {
    momentary_ = sample.momentary;
    power_read_ = now;
  }
  return sample;
}

bool NvmlSensor::probe() {
  const Clock::Instant before = clock_.now();
  const auto energy = library_->sample(gpu_, NvmlLibrary::Power::None).energy;
  if (counter_ && energy) count(*energy, before, clock_.now());
  return !updates_.known();
}

bool NvmlSensor::count(Joules energy, Clock::Instant before, Clock::Instant after) {
  updates_.add(energy, before, after);
  return total_.add(energy, before, after);
}

namespace {

/// By its counter or power, else modelled.
void open_gpu(const std::shared_ptr<const NvmlLibrary>& nvml, const NvmlGpu& gpu,
              const Clock& clock, NvmlGpus& result) {
  const NvmlSample sample = nvml->sample(gpu);
  if (sample.energy || sample.average || sample.momentary) {
    result.sensors.push_back(std::make_unique<NvmlSensor>(nvml, gpu, clock));
    return;
  }
  const auto full = gpu.highest_limit ? gpu.highest_limit : gpu_board_power(gpu.name);
  if (full && nvml->utilization(gpu)) {
    result.problems.push_back(gpu.uuid + " (" + gpu.name +
                              ") shows neither energy nor power, as parts of a GPU in virtual "
                              "machines: its figure is modelled from how busy it is");
    result.sensors.push_back(std::make_unique<GpuModelSensor>(nvml, gpu, *full, clock));
    return;
  }
  result.problems.push_back(gpu.uuid + " (" + gpu.name +
                            ") shows neither energy nor power, and there is nothing to model it "
                            "from; see whether nvidia-smi shows its power");
  result.unseen.push_back("GPU " + gpu.uuid);
}

}  // namespace

NvmlGpus open_nvml_gpus(const std::string& library, const Clock& clock) {
  NvmlGpus result;
  if (library.empty()) return result;
  try {
    const auto nvml = std::make_shared<const NvmlLibrary>(library);
    for (const NvmlGpu& gpu : nvml->gpus()) open_gpu(nvml, gpu, clock, result);
    for (const auto& problem : nvml->problems()) {
      result.problems.push_back(problem);
      result.unseen.push_back(problem.substr(0, problem.find(" cannot")));
    }
  } catch (const Error& error) {
    result.problems.emplace_back(error.what());
  }
  return result;
}

NvmlGpus open_nvml_gpus_within(std::chrono::milliseconds patience, const std::string& library,
                               const Clock& clock) {
  if (library.empty()) return {};
  std::promise<NvmlGpus> promise;
  std::future<NvmlGpus> gpus = promise.get_future();
  std::thread opening([library, &clock, promise = std::move(promise)]() mutable {
    promise.set_value(open_nvml_gpus(library, clock));
  });
  if (gpus.wait_for(patience) == std::future_status::ready) {
    opening.join();
    return gpus.get();
  }
  opening.detach();
  NvmlGpus result;
  result.problems.push_back(library + " did not answer within " + format_duration(patience) +
                            ", so that no GPU is measured; see whether nvidia-smi answers");
  result.unseen.emplace_back("GPU");
  return result;
}

}  // namespace greentrain
