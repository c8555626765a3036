#include "meter/nvml_library.h"

#include <array>
#include <atomic>
#include <dlfcn.h>
#include <pthread.h>
#include <span>

#include <nvml.h>

#include "core/error.h"

namespace greentrain {
namespace {

constexpr double kPerMilli = 1e-3;

nvmlDevice_t device_of(const NvmlGpu& gpu) { return static_cast<nvmlDevice_t>(gpu.handle); }

}  // namespace

/// The functions that the meter calls; what an old driver lacks stays null.
struct NvmlLibrary::Functions {
  void* library{nullptr};
  decltype(&nvmlInit_v2) init{nullptr};
  decltype(&nvmlShutdown) shutdown{nullptr};
  decltype(&nvmlErrorString) error_string{nullptr};
  decltype(&nvmlSystemGetDriverVersion) driver_version{nullptr};
  decltype(&nvmlDeviceGetCount_v2) count{nullptr};
  decltype(&nvmlDeviceGetHandleByIndex_v2) handle_by_index{nullptr};
  decltype(&nvmlDeviceGetUUID) uuid{nullptr};
  decltype(&nvmlDeviceGetName) name{nullptr};
  decltype(&nvmlDeviceGetTotalEnergyConsumption) energy{nullptr};
  decltype(&nvmlDeviceGetPowerUsage) power{nullptr};
  decltype(&nvmlDeviceGetFieldValues) fields{nullptr};
  decltype(&nvmlDeviceGetPowerManagementLimitConstraints) limits{nullptr};
  decltype(&nvmlDeviceGetMigMode) mig_mode{nullptr};
  decltype(&nvmlDeviceGetUtilizationRates) utilization{nullptr};

  ~Functions() {
    if (library != nullptr) dlclose(library);
  }
  template <class Function>
  void find(const char* symbol, Function& function) const {
    function = reinterpret_cast<Function>(dlsym(library, symbol));
  }
  void find_all() {
    find("nvmlInit_v2", init);
    find("nvmlShutdown", shutdown);
    find("nvmlErrorString", error_string);
    find("nvmlSystemGetDriverVersion", driver_version);
    find("nvmlDeviceGetCount_v2", count);
    find("nvmlDeviceGetHandleByIndex_v2", handle_by_index);
    find("nvmlDeviceGetUUID", uuid);
    find("nvmlDeviceGetName", name);
    find("nvmlDeviceGetTotalEnergyConsumption", energy);
    find("nvmlDeviceGetPowerUsage", power);
    find("nvmlDeviceGetFieldValues", fields);
    find("nvmlDeviceGetPowerManagementLimitConstraints", limits);
    find("nvmlDeviceGetMigMode", mig_mode);
    find("nvmlDeviceGetUtilizationRates", utilization);
  }
  bool complete() const {
    return init != nullptr && shutdown != nullptr && error_string != nullptr && count != nullptr &&
           handle_by_index != nullptr && uuid != nullptr && name != nullptr;
  }

  /// Power in a scope, by one of the fields in milliwatts.
  std::optional<Watts> power_field(nvmlDevice_t device, unsigned int field,
                                   unsigned int scope) const {
    nvmlFieldValue_t value{};
    value.fieldId = field;
    value.scopeId = scope;
    if (fields == nullptr || fields(device, 1, &value) != NVML_SUCCESS) return std::nullopt;
    if (value.nvmlReturn != NVML_SUCCESS) return std::nullopt;
    return Watts{value.value.uiVal * kPerMilli};
  }
};

namespace {

/// How many forks led from the process that first asked to this one. Costs no system call.
int forks_so_far() {
  static std::atomic<int> forks{0};
  static const int failure = pthread_atfork(nullptr, nullptr, [] { ++forks; });
  if (failure != 0) throw Error("cannot tell when this process forks: no memory");
  return forks;
}

}  // namespace

NvmlLibrary::NvmlLibrary(const std::string& path)
    : functions_(std::make_unique<Functions>()), forks_(forks_so_far()) {
  functions_->library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (functions_->library == nullptr) {
    throw Error("cannot open " + path + " (" + dlerror() +
                "); it comes with NVIDIA's driver: in a container, start it with the GPUs");
  }
  functions_->find_all();
  if (!functions_->complete()) {
    throw Error(path + " lacks functions that every NVML since 2019 has; update NVIDIA's driver");
  }
  const nvmlReturn_t result = functions_->init();
  if (result != NVML_SUCCESS) {
    throw Error(path + " does not start: " + functions_->error_string(result) +
                "; check that nvidia-smi runs");
  }
  std::array<char, NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE> version{};
  if (functions_->driver_version != nullptr &&
      functions_->driver_version(version.data(), version.size()) == NVML_SUCCESS) {
    driver_ = version.data();
  }
  int modules = 0;
  unsigned int count = 0;
  functions_->count(&count);
  for (unsigned int index = 0; index < count; ++index) {
    auto gpu = open_gpu(index);
    if (!gpu) continue;
    if (in_module(*gpu)) gpu->module = modules++;
    gpus_.push_back(std::move(*gpu));
  }
}

NvmlLibrary::~NvmlLibrary() {
  if (forks_ == forks_so_far()) functions_->shutdown();
}

std::optional<NvmlGpu> NvmlLibrary::open_gpu(unsigned int index) {
  nvmlDevice_t device = nullptr;
  std::array<char, NVML_DEVICE_UUID_V2_BUFFER_SIZE> uuid{};
  std::array<char, NVML_DEVICE_NAME_V2_BUFFER_SIZE> name{};
  nvmlReturn_t result = functions_->handle_by_index(index, &device);
  if (result == NVML_SUCCESS) result = functions_->uuid(device, uuid.data(), uuid.size());
  if (result != NVML_SUCCESS) {
    problems_.push_back("GPU " + std::to_string(index) + " cannot be opened (" +
                        functions_->error_string(result) +
                        "); see that this user may use /dev/nvidia* and that nvidia-smi shows it");
    return std::nullopt;
  }
  functions_->name(device, name.data(), name.size());
  NvmlGpu gpu{.handle = device, .uuid = uuid.data(), .name = name.data(), .highest_limit = {}};
  unsigned int least = 0, most = 0;
  if (functions_->limits != nullptr && functions_->limits(device, &least, &most) == NVML_SUCCESS) {
    gpu.highest_limit = Watts{most * kPerMilli};
  }
  unsigned int current = 0, pending = 0;
  gpu.mig = functions_->mig_mode != nullptr &&
            functions_->mig_mode(device, &current, &pending) == NVML_SUCCESS && current == 1;
  return gpu;
}

bool NvmlLibrary::in_module(const NvmlGpu& gpu) const {
  return functions_->power_field(device_of(gpu), NVML_FI_DEV_POWER_INSTANT, NVML_POWER_SCOPE_MODULE)
      .has_value();
}

std::vector<NvmlGpu> NvmlLibrary::gpus() const { return gpus_; }

std::optional<Joules> NvmlLibrary::energy(const NvmlGpu& gpu) const {
  unsigned long long millijoules = 0;
  if (functions_->energy == nullptr ||
      functions_->energy(device_of(gpu), &millijoules) != NVML_SUCCESS) {
    return std::nullopt;
  }
  return Joules{static_cast<double>(millijoules) * kPerMilli};
}

NvmlSample NvmlLibrary::sample(const NvmlGpu& gpu, Power power) const {
  NvmlSample sample;
  if (forks_ != forks_so_far()) return sample;
  const nvmlDevice_t device = device_of(gpu);
  sample.energy = energy(gpu);
  if (power == Power::None) return sample;
  const unsigned int scope = gpu.module ? NVML_POWER_SCOPE_MODULE : NVML_POWER_SCOPE_GPU;
  std::array<nvmlFieldValue_t, 2> values{};
  values[0].fieldId = NVML_FI_DEV_POWER_AVERAGE;
  values[1].fieldId = NVML_FI_DEV_POWER_INSTANT;
  for (auto& value : values) {
    value.scopeId = scope;
    value.nvmlReturn = NVML_ERROR_NO_DATA;
  }
  const std::span asked = std::span(values).subspan(power == Power::Momentary ? 1 : 0);
  if (functions_->fields != nullptr &&
      functions_->fields(device, static_cast<int>(asked.size()), asked.data()) == NVML_SUCCESS) {
    const auto watts = [](const nvmlFieldValue_t& value) {
      return value.nvmlReturn == NVML_SUCCESS ? std::optional(Watts{value.value.uiVal * kPerMilli})
                                              : std::nullopt;
    };
    sample.average = watts(values[0]);
    sample.momentary = watts(values[1]);
  }
  unsigned int milliwatts = 0;
  // Drivers before the fields: power at a moment on GPUs before Ampere, which is the least it can
  // be.
  if (!sample.average && !sample.momentary && functions_->power != nullptr &&
      functions_->power(device, &milliwatts) == NVML_SUCCESS) {
    sample.momentary = Watts{milliwatts * kPerMilli};
  }
  return sample;
}

std::optional<double> NvmlLibrary::utilization(const NvmlGpu& gpu) const {
  nvmlUtilization_t rates{};
  if (forks_ != forks_so_far() || functions_->utilization == nullptr ||
      functions_->utilization(device_of(gpu), &rates) != NVML_SUCCESS || rates.gpu > 100) {
    return std::nullopt;
  }
  return rates.gpu / 100.0;
}

}  // namespace greentrain
