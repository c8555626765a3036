#pragma once

#include <cstdint>

#include "comm/watch/heartbeat.h"
#include "core/clock.h"

namespace greentrain {

/// Says on a rank's behalf what it does: remembers the step, the phase and the count of
/// collectives, and writes a beat, about 50 ns, when one of them changes. One thread.
class Heart {
 public:
  Heart(Heartbeats& heartbeats, const Clock& clock) : heartbeats_(heartbeats), clock_(clock) {}

  void enter(std::uint8_t phase) {
    now_.phase = phase;
    now_.operation = Operation::None;
    beat();
  }
  /// From here on the rank waits for others, until end() or the next phase.
  void begin(Operation collective) {
    ++now_.number;
    now_.operation = collective;
    beat();
  }
  /// The same for one bucket of gradients, which is no collective of its own.
  void begin_bucket(std::uint16_t bucket) {
    now_.bucket = bucket;
    now_.operation = Operation::Bucket;
    beat();
  }
  void end() {
    now_.operation = Operation::None;
    beat();
  }
  /// No beat of its own: the next phase tells.
  void steps_done(std::int64_t steps) { now_.step = steps; }

 private:
  void beat() {
    now_.time = clock_.now();
    heartbeats_.beat(now_);
  }

  Heartbeats& heartbeats_;
  const Clock& clock_;
  Beat now_;
};

/// From its constructor to its destructor the rank waits for others. No heart: nothing happens.
class Waiting {
 public:
  Waiting(Heart* heart, Operation collective) : heart_(heart) {
    if (heart_ != nullptr) heart_->begin(collective);
  }
  ~Waiting() {
    if (heart_ != nullptr) heart_->end();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Heart* heart_;
};

}  // namespace greentrain
