#include "comm/device/cuda_handles.h"

#include <cstring>
#include <cuda_runtime_api.h>

#include <fmt/format.h>

#include "comm/device/cuda_check.h"

namespace greentrain {
namespace {

static_assert(sizeof(cudaIpcMemHandle_t) == sizeof(IpcHandle));
static_assert(sizeof(cudaIpcEventHandle_t) == sizeof(IpcHandle));

CUevent_st* make_event(unsigned flags) {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, flags), "making an event");
  return event;
}

CUevent_st* open_event(const IpcHandle& handle) {
  cudaIpcEventHandle_t native;
  std::memcpy(&native, handle.data(), sizeof native);
  cudaEvent_t event = nullptr;
  check_cuda(cudaIpcOpenEventHandle(&event, native), "opening another rank's event");
  return event;
}

}  // namespace

void FreeDeviceMemory::operator()(std::byte* memory) const noexcept {
  warn_cuda(cudaFree(memory), "freeing memory");
}

void CloseDeviceMemory::operator()(std::byte* memory) const noexcept {
  warn_cuda(cudaIpcCloseMemHandle(memory), "closing another rank's memory");
}

DeviceMemory allocate_zeros(std::size_t bytes) {
  void* memory = nullptr;
  const int error = cudaMalloc(&memory, bytes);
  if (error != cudaSuccess) check_cuda(error, fmt::format("allocating {} bytes", bytes).c_str());
  DeviceMemory owned(static_cast<std::byte*>(memory));
  check_cuda(cudaMemset(memory, 0, bytes), "zeroing memory");
  finish_all_work();  // Streams other than the default one do not wait for it.
  return owned;
}

IpcHandle handle_of(const DeviceMemory& memory) {
  cudaIpcMemHandle_t native;
  check_cuda(cudaIpcGetMemHandle(&native, memory.get()), "sharing memory between processes");
  IpcHandle handle;
  std::memcpy(handle.data(), &native, sizeof native);
  return handle;
}

PeerMemory open_memory(const IpcHandle& handle) {
  cudaIpcMemHandle_t native;
  std::memcpy(&native, handle.data(), sizeof native);
  void* memory = nullptr;
  check_cuda(cudaIpcOpenMemHandle(&memory, native, cudaIpcMemLazyEnablePeerAccess),
             "opening another rank's memory");
  return PeerMemory(static_cast<std::byte*>(memory));
}

void DestroyStream::operator()(CUstream_st* stream) const noexcept {
  warn_cuda(cudaStreamDestroy(stream), "destroying a stream");
}

OwnedStream make_stream() {
  int lowest = 0;
  int highest = 0;
  check_cuda(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "asking for priorities");
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, highest),
             "making a stream");
  return OwnedStream(stream);
}

void finish_all_work() { check_cuda(cudaDeviceSynchronize(), "finishing"); }

void copy_async(void* to, const void* from, std::size_t bytes, DeviceStream stream) {
  check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream), "copying");
}

DeviceEvent::DeviceEvent() : DeviceEvent(make_event(cudaEventDisableTiming)) {}

DeviceEvent DeviceEvent::shared() {
  return DeviceEvent(make_event(cudaEventDisableTiming | cudaEventInterprocess));
}

DeviceEvent::DeviceEvent(const IpcHandle& handle) : DeviceEvent(open_event(handle)) {}

void DeviceEvent::Destroy::operator()(CUevent_st* event) const noexcept {
  warn_cuda(cudaEventDestroy(event), "destroying an event");
}

void DeviceEvent::record(DeviceStream stream) {
  check_cuda(cudaEventRecord(event_.get(), stream), "recording an event");
}

void DeviceEvent::wait_in(DeviceStream stream) const {
  check_cuda(cudaStreamWaitEvent(stream, event_.get(), cudaEventWaitDefault),
             "waiting for an event");
}

bool DeviceEvent::done() const {
  const int state = cudaEventQuery(event_.get());
  if (state == cudaErrorNotReady) return false;
  check_cuda(state, "asking for an event");
  return true;
}

IpcHandle DeviceEvent::handle() const {
  cudaIpcEventHandle_t native;
  check_cuda(cudaIpcGetEventHandle(&native, event_.get()), "sharing an event between processes");
  IpcHandle handle;
  std::memcpy(handle.data(), &native, sizeof native);
  return handle;
}

}  // namespace greentrain
