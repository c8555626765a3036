#include "meter/fake/shared_state.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"

namespace greentrain::fake {
namespace {

constexpr std::uint64_t kMagic = 0x67726e66616b6532;
constexpr std::size_t kMostGpus = 64;

std::int64_t monotonic_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Keeps other processes out while the state is made.
class FileLock {
 public:
  explicit FileLock(int file) : file_(file) { flock(file_, LOCK_EX); }
  ~FileLock() { flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

/// Keeps other processes and threads out, without a system call where nobody waits. One that was
/// killed meanwhile does not keep it.
class SharedLock {
 public:
  static void make(pthread_mutex_t& mutex) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &kind);
    pthread_mutexattr_destroy(&kind);
  }
  explicit SharedLock(pthread_mutex_t& mutex) : mutex_(mutex) {
    const int error = pthread_mutex_lock(&mutex_);
    if (error == EOWNERDEAD) {
      pthread_mutex_consistent(&mutex_);
    } else if (error != 0) {
      throw Error(std::string("the state of the fake GPUs cannot be locked: ") + strerror(error));
    }
  }
  ~SharedLock() { pthread_mutex_unlock(&mutex_); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

}  // namespace

struct SharedState::Shared {
  std::uint64_t magic;
  char boot[40];  ///< The machine's boot that made this.
  pthread_mutex_t mutex;
  std::uint64_t gpus;
  std::int64_t started_ns;
  GpuState gpu[kMostGpus];
};

SharedState::SharedState(const FakeScenario& scenario) : scenario_(scenario) {
  const std::string path = scenario.state.string();
  if (scenario.gpus.size() > kMostGpus) {
    throw Error("the scenario has " + std::to_string(scenario.gpus.size()) +
                " GPUs, expected at most " + std::to_string(kMostGpus));
  }
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw Error("cannot open the state " + path + ": " + std::strerror(errno));
  const FileLock lock(file_);
  const bool fresh = lseek(file_, 0, SEEK_END) != static_cast<off_t>(sizeof(Shared));
  if (fresh && ftruncate(file_, sizeof(Shared)) != 0) {
    throw Error("cannot make the state " + path + ": " + std::strerror(errno));
  }
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) throw Error("cannot map " + path + ": " + std::strerror(errno));
  shared_ = static_cast<Shared*>(memory);
  initialize(fresh);
}

/// A state that another scenario or another boot left behind counts for nothing.
void SharedState::initialize(bool fresh) {
  std::string boot = read_text("/proc/sys/kernel/random/boot_id");
  boot.resize(sizeof(shared_->boot) - 1);
  const bool stale = shared_->magic != kMagic || shared_->gpus != scenario_.gpus.size() ||
                     boot != std::string(shared_->boot, boot.size());
  if (!fresh && !stale) return;
  std::memcpy(shared_->boot, boot.c_str(), sizeof(shared_->boot));
  SharedLock::make(shared_->mutex);
  shared_->magic = kMagic;
  shared_->gpus = scenario_.gpus.size();
  shared_->started_ns = monotonic_ns();
  for (std::size_t i = 0; i < scenario_.gpus.size(); ++i) {
    shared_->gpu[i] = initial_state(scenario_.gpus[i]);
  }
}

SharedState::~SharedState() {
  if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
  if (file_ >= 0) close(file_);
}

double SharedState::now_s() const {
  if (scenario_.clock) return std::strtod(read_text(*scenario_.clock).c_str(), nullptr);
  return static_cast<double>(monotonic_ns() - shared_->started_ns) * 1e-9;
}

GpuState SharedState::gpu(std::size_t index) const {
  const SharedLock lock(shared_->mutex);
  return shared_->gpu[index];
}

void SharedState::change(std::size_t index, const std::function<void(GpuState&)>& what) {
  const double now = now_s();
  const SharedLock lock(shared_->mutex);
  GpuState& state = shared_->gpu[index];
  state = advanced(scenario_.gpus[index], state, now);
  what(state);
}

}  // namespace greentrain::fake
