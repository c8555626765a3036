#include "meter/journal/journal_keeper.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

#include "meter/small_file.h"

namespace greentrain {
namespace {

constexpr Seconds kShortestEpoch{1};

double seconds_since_1970(const Clock& clock) {
  return Seconds(clock.date().time_since_epoch()).count();
}

}  // namespace

JournalSegment new_segment(const std::string& node, const std::filesystem::path& proc,
                           const Clock& clock) {
  JournalSegment segment;
  segment.node = node;
  segment.started_at = seconds_since_1970(clock);
  const auto boot = read_small_file(proc / "sys/kernel/random/boot_id").value_or(node);
  segment.id = boot + "-" + std::to_string(getpid()) + "-" +
               std::to_string(static_cast<std::int64_t>(segment.started_at * 1e6));
  return segment;
}

struct JournalKeeper::State {
  State(EnergyMeter& energy_meter, std::filesystem::path path, JournalSegment facts,
        const Clock& time)
      : meter(energy_meter),
        file(std::move(path)),
        segment(std::move(facts)),
        clock(time),
        started(time.now()) {}

  EnergyMeter& meter;
  std::filesystem::path file;
  JournalSegment segment;
  const Clock& clock;
  Clock::Instant started;
  std::chrono::milliseconds period{};
  std::thread thread;
  std::unique_ptr<EnergyJournal> journal;  ///< The thread's alone.
  std::atomic<std::int64_t> step{0};

  std::mutex taking;  ///< Held while a record is made, so that they are numbered in their order.
  std::optional<WindowId> since_checkpoint;
  std::optional<Clock::Instant> last_taken;
  std::int64_t last_number{0};

  mutable std::mutex mutex;  ///< Guards all below.
  std::condition_variable changed;
  std::deque<JournalRecord> waiting;
  bool asked{false};  ///< A record came since the thread last looked.
  std::optional<std::string> problem;
  std::optional<std::string> damage;
  bool writing{false};
  bool stopping{false};

  void run();
  void stop();
  void take(RecordReason reason);
  void push(JournalRecord record);
  void write_waiting(std::unique_lock<std::mutex>& lock);
  JournalRecord new_record(RecordReason reason);
};

void JournalKeeper::State::run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (!changed.wait_for(lock, period, [this] { return stopping || asked; })) {
      lock.unlock();
      take(RecordReason::Interval);
      lock.lock();
    }
    asked = false;
    if (!stopping && !waiting.empty()) write_waiting(lock);
  }
}

JournalRecord JournalKeeper::State::new_record(RecordReason reason) {
  JournalRecord record;
  record.segment = segment.id;
  record.number = ++last_number;
  record.reason = reason;
  record.step = step;
  record.time = clock.now() - started;
  record.written_at = seconds_since_1970(clock);
  return record;
}

void JournalKeeper::State::take(RecordReason reason) {
  const std::lock_guard one_at_a_time(taking);
  {
    const std::lock_guard lock(mutex);
    if (stopping) return;
  }
  const Clock::Instant now = clock.now();
  // Short epochs would keep the disk busy; the next record holds what they drew.
  if (reason == RecordReason::Epoch && last_taken && now - *last_taken < kShortestEpoch) return;
  last_taken = now;
  if (reason == RecordReason::Checkpoint) {
    if (since_checkpoint) meter.cancel(*since_checkpoint);
    since_checkpoint = meter.begin();
  } else {
    meter.sample();
  }
  JournalRecord record = new_record(reason);
  record.energy = meter.look();
  if (since_checkpoint) {
    record.since_checkpoint = meter.look(*since_checkpoint).total;
  } else {
    record.since_checkpoint = record.energy.total;
  }
  push(std::move(record));
}

void JournalKeeper::State::push(JournalRecord record) {
  const std::lock_guard lock(mutex);
  waiting.push_back(std::move(record));
  asked = true;
  changed.notify_all();
}

void JournalKeeper::State::write_waiting(std::unique_lock<std::mutex>& lock) {
  std::deque<JournalRecord> records = std::exchange(waiting, {});
  writing = true;
  lock.unlock();
  std::optional<std::string> failure;
  bool damaged = false;
  try {
    if (!journal) {
      journal = std::make_unique<EnergyJournal>(file);
      damaged = journal->put_aside();
      journal->begin(segment);
    }
    while (!records.empty()) {
      journal->write(records.front());
      records.pop_front();
    }
  } catch (const std::exception& error) {
    failure = std::string("the energy journal is not up to date: ") + error.what();
    journal.reset();
  }
  lock.lock();
  writing = false;
  problem = failure;
  if (damaged) {
    damage = file.string() + ": this journal was damaged; what it held before is unknown";
  }
  // What could not be written is tried again with the next record; a full disk must not fill
  // memory.
  if (records.size() > 1) records.erase(records.begin(), records.end() - 1);
  waiting.insert(waiting.begin(), records.begin(), records.end());
  changed.notify_all();
}

/// The thread may be held by a disk, but not inside the meter: that is left within its patience.
void JournalKeeper::State::stop() {
  if (!thread.joinable()) return;
  bool busy = false;
  {
    const std::scoped_lock both(taking, mutex);
    stopping = true;
    busy = writing;
    changed.notify_all();
  }
  busy ? thread.detach() : thread.join();
}

JournalKeeper::JournalKeeper(EnergyMeter& meter, std::filesystem::path file, JournalSegment segment,
                             const Clock& clock, std::chrono::milliseconds period)
    : state_(std::make_shared<State>(meter, std::move(file), std::move(segment), clock)) {
  state_->period = period;
  state_->segment.period = period;
  state_->segment.max_power = meter.max_power();
  state_->step = state_->segment.first_step;
  state_->thread = std::thread([state = state_] { state->run(); });
}

JournalKeeper::~JournalKeeper() { state_->stop(); }

void JournalKeeper::step_done(std::int64_t step) { state_->step = step; }

void JournalKeeper::note(RecordReason reason) { state_->take(reason); }

void JournalKeeper::end(const EnergyReport& last, std::chrono::milliseconds patience) {
  {
    const std::lock_guard one_at_a_time(state_->taking);
    JournalRecord record = state_->new_record(RecordReason::End);
    record.energy = last;
    record.since_checkpoint = last.total;
    if (state_->since_checkpoint) {
      record.since_checkpoint = state_->meter.look(*state_->since_checkpoint).total;
    }
    state_->push(std::move(record));
  }
  std::unique_lock lock(state_->mutex);
  const auto done = [this] {
    return !state_->asked && !state_->writing && (state_->waiting.empty() || state_->problem);
  };
  if (!state_->changed.wait_for(lock, patience, done) && !state_->problem) {
    state_->problem = "the energy journal " + state_->file.string() + " takes too long to write";
  }
  lock.unlock();
  state_->stop();
}

const JournalSegment& JournalKeeper::segment() const { return state_->segment; }

bool JournalKeeper::begun() const {
  const std::lock_guard one_at_a_time(state_->taking);
  return state_->last_number > 0;
}

std::optional<std::string> JournalKeeper::problem() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->problem && state_->damage) return *state_->damage + "; " + *state_->problem;
  return state_->problem ? state_->problem : state_->damage;
}

}  // namespace greentrain
