#include "meter/fake/shared_state.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"

namespace greentrain::fake {
namespace {

constexpr std::uint64_t kMagic = 0x67726e66616b6531;
constexpr std::size_t kMostGpus = 64;

std::int64_t monotonic_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Keeps other processes out; its owner keeps other threads out.
class FileLock {
 public:
  explicit FileLock(int file) : file_(file) { flock(file_, LOCK_EX); }
  ~FileLock() { flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

}  // namespace

struct SharedState::Shared {
  std::uint64_t magic;
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
  const bool stale = shared_->magic != kMagic || shared_->gpus != scenario_.gpus.size() ||
                     shared_->started_ns > monotonic_ns();
  if (!fresh && !stale) return;
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
  const std::lock_guard threads(mutex_);
  const FileLock processes(file_);
  return shared_->gpu[index];
}

void SharedState::change(std::size_t index, const std::function<void(GpuState&)>& what) {
  const double now = now_s();
  const std::lock_guard threads(mutex_);
  const FileLock processes(file_);
  GpuState& state = shared_->gpu[index];
  state = advanced(scenario_.gpus[index], state, now);
  what(state);
}

}  // namespace greentrain::fake
