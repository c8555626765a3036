// The functions of libnvidia-ml.so.1 that meters, schedulers and their peers call. Each is a line
// or two over the physics; what is common to all of them is in nvml_fake.cpp.
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <algorithm>
#include <cmath>
#include <cstring>

#include "meter/fake/nvml_fake.h"

namespace {

using greentrain::fake::FakeGpu;
using greentrain::fake::FakeNvml;
using greentrain::fake::Fault;
using greentrain::fake::GpuState;
using Device = FakeNvml::Device;

FakeNvml& library() { return FakeNvml::instance(); }

nvmlReturn_t put_text(const std::string& text, char* buffer, unsigned int length) {
  if (buffer == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (length <= text.size()) return NVML_ERROR_INSUFFICIENT_SIZE;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return NVML_SUCCESS;
}

template <class Number>
nvmlReturn_t put(Number* out, double value) {
  if (out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *out = static_cast<Number>(std::llround(value));
  return NVML_SUCCESS;
}

/// A value of the scenario, unless a fault says that the device shows another one.
double shown(const Device& device, const char* function, double truth) {
  const Fault* fault = fault_of(device.gpu, function, device.now_s);
  return fault != nullptr && fault->shows ? *fault->shows : truth;
}

double energy_j(const Device& device, const char* function) {
  return shown(device, function, shown_energy(device.gpu, device.state(), device.now_s));
}

double momentary_w(const Device& device, const char* function) {
  return shown(device, function, power_at(device.gpu, device.state().limit_w, device.now_s));
}

double average_w(const Device& device, const char* function) {
  return shown(device, function, average_power(device.gpu, device.state(), device.now_s));
}

/// A number of the scenario that needs no more than the device.
template <class Number, class Value>
nvmlReturn_t answer(const char* function, nvmlDevice_t handle, Number* out, Value value) {
  return library().call(function, handle, [&](const Device& device) {
    return put(out, static_cast<double>(value(device)));
  });
}

nvmlReturn_t field(const Device& device, nvmlFieldValue_t& value) {
  const FakeGpu& gpu = device.gpu;
  const char* name = "nvmlDeviceGetFieldValues";
  const bool module = value.scopeId == NVML_POWER_SCOPE_MODULE;
  if (value.scopeId > NVML_POWER_SCOPE_MODULE || (module && !gpu.module_scope)) {
    return NVML_ERROR_NOT_SUPPORTED;
  }
  const auto milli_unsigned = [&](double base) {
    value.valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
    return put(&value.value.uiVal, base * 1000);
  };
  const double of_module = module ? gpu.cpu_w : 0;
  switch (value.fieldId) {
    case NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION:
    case NVML_FI_DEV_ENERGY:
      // On modules the counter has the CPU in it, and there is none of the GPU alone.
      if (!gpu.energy_counter ||
          (gpu.module_scope && value.fieldId == NVML_FI_DEV_ENERGY && !module))
        return NVML_ERROR_NOT_SUPPORTED;
      value.valueType = NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
      return put(&value.value.ullVal, energy_j(device, name) * 1000);
    case NVML_FI_DEV_POWER_AVERAGE:
      if (!gpu.average_power) return NVML_ERROR_NOT_SUPPORTED;
      return milli_unsigned(average_w(device, name) + of_module);
    case NVML_FI_DEV_POWER_INSTANT:
      return milli_unsigned(momentary_w(device, name) + of_module);
    case NVML_FI_DEV_POWER_MIN_LIMIT:
      return milli_unsigned(gpu.min_limit_w);
    case NVML_FI_DEV_POWER_MAX_LIMIT:
      return milli_unsigned(gpu.max_limit_w);
    case NVML_FI_DEV_POWER_DEFAULT_LIMIT:
      return milli_unsigned(gpu.default_limit_w);
    case NVML_FI_DEV_POWER_CURRENT_LIMIT:
      return milli_unsigned(enforced_limit(gpu, device.state().limit_w, device.now_s));
    case NVML_FI_DEV_POWER_REQUESTED_LIMIT:
      return milli_unsigned(device.state().limit_w);
    default:
      return NVML_ERROR_NOT_SUPPORTED;
  }
}

nvmlReturn_t set_limit(nvmlDevice_t handle, double watts) {
  return library().call("nvmlDeviceSetPowerManagementLimit", handle, [&](const Device& device) {
    if (!library().may_set_limits()) return NVML_ERROR_NO_PERMISSION;
    const bool possible = watts >= device.gpu.min_limit_w && watts <= device.gpu.max_limit_w;
    if (!possible) return NVML_ERROR_INVALID_ARGUMENT;
    device.shared.change(device.index, [&](GpuState& state) { state.limit_w = watts; });
    return NVML_SUCCESS;
  });
}

nvmlReturn_t no_processes(const char* function, nvmlDevice_t handle, unsigned int* count) {
  return answer(function, handle, count, [](const Device&) { return 0; });
}

nvmlReturn_t find_device(const char* function, nvmlDevice_t* out,
                         const std::function<bool(const FakeGpu&)>& wanted) {
  return library().call(function, [&] {
    const auto& gpus = library().scenario().gpus;
    const auto found = std::find_if(gpus.begin(), gpus.end(), wanted);
    if (found == gpus.end()) return NVML_ERROR_NOT_FOUND;
    *out = library().handle(static_cast<std::size_t>(found - gpus.begin()));
    return NVML_SUCCESS;
  });
}

}  // namespace

extern "C" {

// --- The library ---------------------------------------------------------------------------------

nvmlReturn_t nvmlInit_v2() { return library().initialize(); }
nvmlReturn_t nvmlInit() { return library().initialize(); }
nvmlReturn_t nvmlInitWithFlags(unsigned int) { return library().initialize(); }
nvmlReturn_t nvmlShutdown() { return library().shut_down(); }

const char* nvmlErrorString(nvmlReturn_t result) {
  switch (result) {
    case NVML_SUCCESS:
      return "Success";
    case NVML_ERROR_UNINITIALIZED:
      return "Uninitialized";
    case NVML_ERROR_INVALID_ARGUMENT:
      return "Invalid Argument";
    case NVML_ERROR_NOT_SUPPORTED:
      return "Not Supported";
    case NVML_ERROR_NO_PERMISSION:
      return "Insufficient Permissions";
    case NVML_ERROR_NOT_FOUND:
      return "Not Found";
    case NVML_ERROR_INSUFFICIENT_SIZE:
      return "Insufficient Size";
    case NVML_ERROR_GPU_IS_LOST:
      return "GPU is lost";
    default:
      return "Unknown Error";
  }
}

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned int length) {
  return library().call("nvmlSystemGetDriverVersion", [&] {
    return put_text(library().scenario().driver_version, version, length);
  });
}
nvmlReturn_t nvmlSystemGetNVMLVersion(char* version, unsigned int length) {
  return library().call("nvmlSystemGetNVMLVersion", [&] {
    return put_text("13." + library().scenario().driver_version, version, length);
  });
}
nvmlReturn_t nvmlSystemGetCudaDriverVersion(int* version) {
  return library().call("nvmlSystemGetCudaDriverVersion", [&] { return put(version, 13000); });
}

// --- Devices -------------------------------------------------------------------------------------

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int* count) {
  return library().call("nvmlDeviceGetCount", [&] {
    return put(count, static_cast<double>(library().scenario().gpus.size()));
  });
}
nvmlReturn_t nvmlDeviceGetCount(unsigned int* count) { return nvmlDeviceGetCount_v2(count); }

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t* device) {
  return library().call("nvmlDeviceGetHandleByIndex", [&] {
    if (index >= library().scenario().gpus.size()) return NVML_ERROR_INVALID_ARGUMENT;
    *device = library().handle(index);
    return NVML_SUCCESS;
  });
}
nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t* device) {
  return nvmlDeviceGetHandleByIndex_v2(index, device);
}
nvmlReturn_t nvmlDeviceGetHandleByUUID(const char* uuid, nvmlDevice_t* device) {
  return find_device("nvmlDeviceGetHandleByUUID", device,
                     [&](const FakeGpu& gpu) { return gpu.uuid == uuid; });
}
nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* id, nvmlDevice_t* device) {
  return find_device("nvmlDeviceGetHandleByPciBusId", device,
                     [&](const FakeGpu& gpu) { return gpu.pci_bus_id == id; });
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t handle, unsigned int* index) {
  return answer("nvmlDeviceGetIndex", handle, index,
                [](const Device& device) { return device.index; });
}
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t handle, char* name, unsigned int length) {
  return library().call("nvmlDeviceGetName", handle, [&](const Device& device) {
    return put_text(device.gpu.name, name, length);
  });
}
nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t handle, char* uuid, unsigned int length) {
  return library().call("nvmlDeviceGetUUID", handle, [&](const Device& device) {
    return put_text(device.gpu.uuid, uuid, length);
  });
}
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t handle, nvmlPciInfo_t* pci) {
  return library().call("nvmlDeviceGetPciInfo", handle, [&](const Device& device) {
    *pci = {};
    put_text(device.gpu.pci_bus_id.substr(4), pci->busIdLegacy, sizeof(pci->busIdLegacy));
    return put_text(device.gpu.pci_bus_id, pci->busId, sizeof(pci->busId));
  });
}
nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t handle,
                                       nvmlDeviceArchitecture_t* architecture) {
  return answer("nvmlDeviceGetArchitecture", handle, architecture, [](const Device& device) {
    return device.gpu.average_power ? NVML_DEVICE_ARCH_HOPPER : NVML_DEVICE_ARCH_VOLTA;
  });
}
nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t handle, int* major, int* minor) {
  return library().call("nvmlDeviceGetCudaComputeCapability", handle, [&](const Device& device) {
    *minor = 0;
    return put(major, device.gpu.average_power ? 9 : 7);
  });
}

// --- Energy and power ----------------------------------------------------------------------------

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t handle, unsigned long long* energy) {
  const char* name = "nvmlDeviceGetTotalEnergyConsumption";
  return library().call(name, handle, [&](const Device& device) {
    if (!device.gpu.energy_counter) return NVML_ERROR_NOT_SUPPORTED;
    return put(energy, energy_j(device, name) * 1000);
  });
}
nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t handle, unsigned int* power) {
  const char* name = "nvmlDeviceGetPowerUsage";
  return library().call(name, handle, [&](const Device& device) {
    const double cpu = device.gpu.module_scope ? device.gpu.cpu_w : 0;
    const double watts =
        device.gpu.average_power ? average_w(device, name) : momentary_w(device, name);
    return put(power, (watts + cpu) * 1000);
  });
}
nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t handle, int count, nvmlFieldValue_t* values) {
  return library().call("nvmlDeviceGetFieldValues", handle, [&](const Device& device) {
    if (values == nullptr || count < 0) return NVML_ERROR_INVALID_ARGUMENT;
    for (int i = 0; i < count; ++i) {
      values[i].timestamp = std::llround(device.now_s * 1e6);
      values[i].latencyUsec = 0;
      values[i].nvmlReturn = field(device, values[i]);
    }
    return NVML_SUCCESS;
  });
}

// --- Limits --------------------------------------------------------------------------------------

nvmlReturn_t nvmlDeviceGetPowerManagementMode(nvmlDevice_t handle, nvmlEnableState_t* mode) {
  return answer("nvmlDeviceGetPowerManagementMode", handle, mode,
                [](const Device&) { return NVML_FEATURE_ENABLED; });
}
nvmlReturn_t nvmlDeviceGetPowerManagementLimit(nvmlDevice_t handle, unsigned int* limit) {
  return answer("nvmlDeviceGetPowerManagementLimit", handle, limit,
                [](const Device& device) { return device.state().limit_w * 1000; });
}
nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t handle, unsigned int* least,
                                                          unsigned int* most) {
  const char* name = "nvmlDeviceGetPowerManagementLimitConstraints";
  return library().call(name, handle, [&](const Device& device) {
    put(least, device.gpu.min_limit_w * 1000);
    return put(most, device.gpu.max_limit_w * 1000);
  });
}
nvmlReturn_t nvmlDeviceGetPowerManagementDefaultLimit(nvmlDevice_t handle, unsigned int* limit) {
  return answer("nvmlDeviceGetPowerManagementDefaultLimit", handle, limit,
                [](const Device& device) { return device.gpu.default_limit_w * 1000; });
}
nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t handle, unsigned int* limit) {
  return answer("nvmlDeviceGetEnforcedPowerLimit", handle, limit, [](const Device& device) {
    return enforced_limit(device.gpu, device.state().limit_w, device.now_s) * 1000;
  });
}
nvmlReturn_t nvmlDeviceSetPowerManagementLimit(nvmlDevice_t handle, unsigned int milliwatts) {
  return set_limit(handle, milliwatts / 1000.0);
}
nvmlReturn_t nvmlDeviceSetPowerManagementLimit_v2(nvmlDevice_t handle, nvmlPowerValue_v2_t* value) {
  if (value == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  return set_limit(handle, value->powerValueMw / 1000.0);
}
nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t handle, nvmlEnableState_t* mode) {
  return answer("nvmlDeviceGetPersistenceMode", handle, mode,
                [](const Device& device) { return device.state().persistence; });
}
nvmlReturn_t nvmlDeviceSetPersistenceMode(nvmlDevice_t handle, nvmlEnableState_t mode) {
  return library().call("nvmlDeviceSetPersistenceMode", handle, [&](const Device& device) {
    if (!library().may_set_limits()) return NVML_ERROR_NO_PERMISSION;
    const bool on = mode == NVML_FEATURE_ENABLED;
    device.shared.change(device.index, [&](GpuState& state) { state.persistence = on; });
    return NVML_SUCCESS;
  });
}

// --- MIG -----------------------------------------------------------------------------------------

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t handle, unsigned int* current,
                                  unsigned int* pending) {
  return library().call("nvmlDeviceGetMigMode", handle, [&](const Device& device) {
    const int on = device.gpu.mig_instances > 0 ? 1 : 0;
    put(current, on);
    return put(pending, on);
  });
}
nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t handle, unsigned int* count) {
  return answer("nvmlDeviceGetMaxMigDeviceCount", handle, count,
                [](const Device& device) { return device.gpu.mig_instances; });
}

// --- What peers ask besides ----------------------------------------------------------------------

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t handle, nvmlUtilization_t* rates) {
  return library().call("nvmlDeviceGetUtilizationRates", handle, [&](const Device& device) {
    rates->memory = 0;
    return put(&rates->gpu, load_at(device.gpu, device.now_s) * 100);
  });
}
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t handle, nvmlTemperatureSensors_t,
                                      unsigned int* celsius) {
  return answer("nvmlDeviceGetTemperature", handle, celsius, [](const Device&) { return 50; });
}
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t handle, nvmlMemory_t* memory) {
  return library().call("nvmlDeviceGetMemoryInfo", handle, [&](const Device&) {
    *memory = {80ull << 30, 80ull << 30, 0};
    return NVML_SUCCESS;
  });
}
nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t handle, nvmlComputeMode_t* mode) {
  return answer("nvmlDeviceGetComputeMode", handle, mode,
                [](const Device&) { return NVML_COMPUTEMODE_DEFAULT; });
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t handle, unsigned int* count,
                                                     nvmlProcessInfo_t*) {
  return no_processes("nvmlDeviceGetComputeRunningProcesses", handle, count);
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t handle, unsigned int* count,
                                                      nvmlProcessInfo_t*) {
  return no_processes("nvmlDeviceGetGraphicsRunningProcesses", handle, count);
}

/// Not of NVIDIA: what one GPU really drew since the start of the scenario, in joules; with the CPU
/// of its module where it has one. Below zero if there is no such GPU.
double greentrain_fake_true_joules(unsigned int index) {
  double joules = -1;
  library().call("greentrain_fake_true_joules", [&] {
    const nvmlDevice_t handle = library().handle(index);
    return library().call("greentrain_fake_true_joules", handle, [&](const Device& device) {
      joules = advanced(device.gpu, device.state(), device.now_s).energy_j;
      if (device.gpu.module_scope) joules += device.gpu.cpu_w * device.now_s;
      return NVML_SUCCESS;
    });
  });
  return joules;
}

}  // extern "C"
