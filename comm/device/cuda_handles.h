#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "comm/device/device_exchange.h"

struct CUevent_st;

namespace greentrain {

/// Of a GPU's memory or event, for another process on the same machine.
using IpcHandle = std::array<std::byte, 64>;

struct FreeDeviceMemory {
  void operator()(std::byte* memory) const noexcept;
};
/// Memory of the thread's current GPU.
using DeviceMemory = std::unique_ptr<std::byte, FreeDeviceMemory>;
DeviceMemory allocate_zeros(std::size_t bytes);  ///< 256-byte aligned. Waits for the GPU.

struct CloseDeviceMemory {
  void operator()(std::byte* memory) const noexcept;
};
/// Another process's device memory, mapped here. The other frees it after this is closed.
using PeerMemory = std::unique_ptr<std::byte, CloseDeviceMemory>;
IpcHandle handle_of(const DeviceMemory& memory);
PeerMemory open_memory(const IpcHandle& handle);

struct DestroyStream {
  void operator()(CUstream_st* stream) const noexcept;
};
/// Of the thread's current GPU, of the highest priority; does not wait for the default stream.
using OwnedStream = std::unique_ptr<CUstream_st, DestroyStream>;
OwnedStream make_stream();

void finish_all_work();  ///< Waits for the thread's current GPU.
void copy_async(void* to, const void* from, std::size_t bytes, DeviceStream stream);

/// A point in a stream that other streams wait for. Recording it anew moves the point; who waits
/// already keeps the old one. Of the thread's current GPU. record() and wait_in() by one thread,
/// done() by any.
class DeviceEvent {
 public:
  DeviceEvent();
  static DeviceEvent shared();                    ///< handle() may be opened by other processes.
  explicit DeviceEvent(const IpcHandle& handle);  ///< Another process's shared event.

  void record(DeviceStream stream);
  /// Makes `stream` wait for the point recorded last; for nothing when there is none.
  void wait_in(DeviceStream stream) const;
  bool done() const;  ///< The GPU has come past the point recorded last.
  IpcHandle handle() const;

 private:
  struct Destroy {
    void operator()(CUevent_st* event) const noexcept;
  };
  explicit DeviceEvent(CUevent_st* event) : event_(event) {}

  std::unique_ptr<CUevent_st, Destroy> event_;
};

}  // namespace greentrain
