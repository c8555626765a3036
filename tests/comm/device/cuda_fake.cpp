#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <cuda_runtime_api.h>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "tests/comm/device/gpu_fake.h"

/// One thread that does what is enqueued, in order.
struct CUstream_st {
  CUstream_st() : thread_([this] { serve(); }) {}
  ~CUstream_st() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void enqueue(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    ++given_;
    changed_.notify_all();
  }
  void synchronize() {
    std::unique_lock lock(mutex_);
    const auto last = given_;
    changed_.wait(lock, [&] { return done_ >= last; });
  }

 private:
  void serve() {
    std::minstd_rand random(std::random_device{}());
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      for (auto turns = random() % 8; turns > 0; --turns) std::this_thread::yield();
      work();
      lock.lock();
      ++done_;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::uint64_t given_{0};
  std::uint64_t done_{0};
  bool stop_{false};
  std::thread thread_;
};

/// The points recorded so far and those the stream has come past. Shared with the work in streams,
/// which may outlive the handle.
struct CUevent_st {
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t recorded{0};
    std::uint64_t passed{0};
  };
  std::shared_ptr<State> state{std::make_shared<State>()};
  unsigned flags{0};
};

namespace {

std::mutex mutex;
std::vector<std::uint8_t> gpus{1};
std::vector<cudaStream_t> streams;

}  // namespace

namespace greentrain::fake_gpu {

void reset_nccl();

void reset() {
  set_gpus({1});
  reset_nccl();
}

DeviceStream make_stream() {
  const std::lock_guard lock(mutex);
  return streams.emplace_back(new CUstream_st);
}

void destroy_stream(DeviceStream stream) {
  stream->synchronize();
  {
    const std::lock_guard lock(mutex);
    std::erase(streams, stream);
  }
  delete stream;
}

void synchronize(DeviceStream stream) { stream->synchronize(); }

void enqueue(DeviceStream stream, std::function<void()> work) { stream->enqueue(std::move(work)); }

void set_gpus(std::vector<std::uint8_t> uuids) {
  const std::lock_guard lock(mutex);
  gpus = std::move(uuids);
}

}  // namespace greentrain::fake_gpu

extern "C" {

const char* cudaGetErrorString(cudaError_t) { return "an error of the fake GPU"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorFake"; }

cudaError_t cudaGetDeviceCount(int* count) {
  const std::lock_guard lock(mutex);
  *count = static_cast<int>(gpus.size());
  return gpus.empty() ? cudaErrorNoDevice : cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int index) {
  const std::lock_guard lock(mutex);
  *properties = {};
  std::strcpy(properties->name, "Fake GPU");
  properties->uuid.bytes[15] = static_cast<char>(gpus.at(static_cast<std::size_t>(index)));
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int) { return cudaSuccess; }

// Only the streams of the caller are known to be its own, so nothing is waited for: ranks of a test
// synchronize their streams.
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }

cudaError_t cudaDeviceGetStreamPriorityRange(int* lowest, int* highest) {
  *lowest = 0;
  *highest = -5;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  *stream = greentrain::fake_gpu::make_stream();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  greentrain::fake_gpu::destroy_stream(stream);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  stream->enqueue([=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  *event = new CUevent_st{std::make_shared<CUevent_st::State>(), flags};
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const auto state = event->state;
  std::uint64_t point = 0;
  {
    const std::lock_guard lock(state->mutex);
    point = ++state->recorded;
  }
  stream->enqueue([state, point] {
    const std::lock_guard lock(state->mutex);
    state->passed = std::max(state->passed, point);
    state->changed.notify_all();
  });
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const auto state = event->state;
  std::uint64_t point = 0;
  {
    const std::lock_guard lock(state->mutex);
    point = state->recorded;
  }
  stream->enqueue([state, point] {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->passed >= point; });
  });
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::lock_guard lock(event->state->mutex);
  return event->state->passed >= event->state->recorded ? cudaSuccess : cudaErrorNotReady;
}

// A handle is an address: all ranks are in one process.
cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* memory) {
  std::memcpy(handle, &memory, sizeof memory);
  return cudaSuccess;
}

cudaError_t cudaIpcOpenMemHandle(void** memory, cudaIpcMemHandle_t handle, unsigned) {
  std::memcpy(memory, &handle, sizeof *memory);
  return cudaSuccess;
}

cudaError_t cudaIpcCloseMemHandle(void*) { return cudaSuccess; }

cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t* handle, cudaEvent_t event) {
  if ((event->flags & cudaEventInterprocess) == 0) return cudaErrorInvalidResourceHandle;
  auto* shared = new std::shared_ptr<CUevent_st::State>(event->state);
  std::memcpy(handle, &shared, sizeof shared);  // Stays: it may be opened at any time.
  return cudaSuccess;
}

cudaError_t cudaIpcOpenEventHandle(cudaEvent_t* event, cudaIpcEventHandle_t handle) {
  std::shared_ptr<CUevent_st::State>* shared = nullptr;
  std::memcpy(&shared, &handle, sizeof shared);
  *event = new CUevent_st{*shared, cudaEventInterprocess};
  return cudaSuccess;
}

}  // extern "C"
