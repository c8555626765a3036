#include "meter/fake/nvml_fake.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <pthread.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace greentrain::fake {
namespace {

namespace fs = std::filesystem;

// Handles are addresses in here, so that a wrong one is told from a right one.
std::array<char, 64> handles;

/// GREENTRAIN_FAKE_NVML, or scenario.json beside the library.
fs::path scenario_file() {
  if (const char* path = std::getenv("GREENTRAIN_FAKE_NVML")) return path;
  Dl_info info{};
  dladdr(&handles, &info);
  return fs::path(info.dli_fname == nullptr ? "" : info.dli_fname).parent_path() / "scenario.json";
}

}  // namespace

FakeNvml& FakeNvml::instance() {
  static FakeNvml library;
  return library;
}

nvmlReturn_t FakeNvml::initialize() {
  const std::lock_guard lock(mutex_);
  try {
    static const int forks = pthread_atfork(nullptr, nullptr, [] { instance().users_ = 0; });
    if (forks != 0) throw std::runtime_error("cannot tell when the process forks");
    if (users_ == 0) {
      scenario_ = read_fake_scenario(scenario_file());
      shared_ = std::make_unique<SharedState>(*scenario_);
    }
    ++users_;
    log("nvmlInit", "", NVML_SUCCESS);
    return NVML_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "fake libnvidia-ml.so.1: " << error.what() << std::endl;
    return NVML_ERROR_UNKNOWN;
  }
}

nvmlReturn_t FakeNvml::shut_down() {
  const std::lock_guard lock(mutex_);
  if (users_ == 0) return NVML_ERROR_UNINITIALIZED;
  --users_;
  return NVML_SUCCESS;
}

nvmlReturn_t FakeNvml::call(const char* function, const std::function<nvmlReturn_t()>& work) {
  if (users_ == 0) return NVML_ERROR_UNINITIALIZED;
  nvmlReturn_t result = NVML_ERROR_UNKNOWN;
  try {
    result = work();
  } catch (const std::exception& error) {
    std::cerr << "fake libnvidia-ml.so.1: " << error.what() << std::endl;
  }
  log(function, "", result);
  return result;
}

nvmlReturn_t FakeNvml::call(const char* function, nvmlDevice_t handle,
                            const std::function<nvmlReturn_t(const Device&)>& work) {
  if (users_ == 0) return NVML_ERROR_UNINITIALIZED;
  const auto index = index_of(handle);
  if (!index) return NVML_ERROR_INVALID_ARGUMENT;
  nvmlReturn_t result = NVML_ERROR_UNKNOWN;
  try {
    const FakeGpu& gpu = scenario_->gpus[*index];
    const Fault* fault = fault_of(gpu, function, shared_->now_s());
    if (fault != nullptr && fault->block_s > 0) {
      std::this_thread::sleep_for(std::chrono::duration<double>(fault->block_s));
    }
    result = fault != nullptr && !fault->error.empty()
                 ? error_named(fault->error)
                 : work({gpu, *index, *shared_, shared_->now_s()});
  } catch (const std::exception& error) {
    std::cerr << "fake libnvidia-ml.so.1: " << error.what() << std::endl;
  }
  log(function, std::to_string(*index), result);
  return result;
}

nvmlDevice_t FakeNvml::handle(std::size_t index) const {
  return reinterpret_cast<nvmlDevice_t>(&handles.at(index));
}

std::optional<std::size_t> FakeNvml::index_of(nvmlDevice_t handle) const {
  for (std::size_t i = 0; i < scenario_->gpus.size(); ++i) {
    if (handle == this->handle(i)) return i;
  }
  return std::nullopt;
}

bool FakeNvml::may_set_limits() const {
  const Permission permission = scenario_->permission;
  return permission == Permission::All || (permission == Permission::Root && geteuid() == 0);
}

/// One line a call: seconds, process, function, device, code.
void FakeNvml::log(const char* function, const std::string& device, nvmlReturn_t result) const {
  if (!scenario_->call_log) return;
  const std::string line = std::to_string(shared_->now_s()) + " " + std::to_string(getpid()) + " " +
                           function + " " + (device.empty() ? "-" : device) + " " +
                           std::to_string(result) + "\n";
  const int file =
      open(scenario_->call_log->c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return;
  if (write(file, line.data(), line.size()) < 0) std::cerr << "fake libnvidia-ml.so.1: no log\n";
  close(file);
}

const Fault* fault_of(const FakeGpu& gpu, const char* function, double time_s) {
  for (const Fault& fault : gpu.faults) {
    const bool due = time_s >= fault.from_s && time_s < fault.to_s && !fault.freeze;
    if (due && std::string(function).find(fault.call) != std::string::npos) return &fault;
  }
  return nullptr;
}

nvmlReturn_t error_named(const std::string& name) {
  static const std::map<std::string, nvmlReturn_t> kErrors{
      {"NOT_SUPPORTED", NVML_ERROR_NOT_SUPPORTED},
      {"NO_PERMISSION", NVML_ERROR_NO_PERMISSION},
      {"GPU_IS_LOST", NVML_ERROR_GPU_IS_LOST},
      {"TIMEOUT", NVML_ERROR_TIMEOUT},
      {"NO_DATA", NVML_ERROR_NO_DATA},
      {"UNINITIALIZED", NVML_ERROR_UNINITIALIZED},
      {"IN_USE", NVML_ERROR_IN_USE},
      {"RESET_REQUIRED", NVML_ERROR_RESET_REQUIRED}};
  const auto found = kErrors.find(name);
  return found == kErrors.end() ? NVML_ERROR_UNKNOWN : found->second;
}

}  // namespace greentrain::fake
