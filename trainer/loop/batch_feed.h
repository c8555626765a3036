#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "comm/communicator.h"
#include "trainer/data/batch_maker.h"
#include "trainer/data/epoch_planner.h"
#include "trainer/data/read_ahead.h"

namespace greentrain {

/// Hands the training loop of one rank its samples, step by step and epoch by epoch, read ahead by
/// threads where the options ask for it. Which samples, and what they look like, is the same with
/// any number of ranks and threads. One thread uses it.
class BatchFeed {
 public:
  struct Plan {
    std::int64_t batch_size;  ///< Of all ranks together.
    std::int64_t epochs;
    std::uint64_t seed;
    Shares shares;  ///< This rank's pieces of every batch.
  };
  /// `comm`, `data` and `training` outlive it. `fill`: see BatchMaker.
  BatchFeed(Communicator& comm, const Dataset& data, std::span<const std::int64_t> training,
            const DataOptions& options, const Plan& plan, std::vector<float> fill);

  /// Goes on to the next step; its global batch has so many samples. Collective where an epoch
  /// begins that is planned by the losses of the one before.
  std::int64_t begin_step();
  /// The next piece of the step's batch, to be called for each of the rank's in turn; on the CPU,
  /// valid until the next call. Throws what reading it throws, on this rank alone.
  const Batch& next();
  /// Whether learn() is to be told the losses of each piece.
  bool learns() const { return planner_.learns(); }
  /// float32 [n], of the piece that next() gave last, on any device; not weighed.
  void learn(const at::Tensor& losses) { losses_.push_back(losses.detach()); }

  std::int64_t epoch() const { return plan_->epoch(); }  ///< Of the last step; counts from 0.
  bool epoch_is_over() const { return steps_done_ == plan_->steps(); }
  bool is_over() const { return epoch_is_over() && epoch() + 1 == plan_size_.epochs; }
  /// Steps of the whole run if later epochs have as many as this one.
  std::int64_t planned_steps() const;
  /// How far the run was before the last step, in steps of epochs that leave nothing out, of
  /// full_steps().
  std::int64_t full_step() const;
  std::int64_t full_steps() const { return full_epoch_steps() * plan_size_.epochs; }
  /// Over all ranks, so far; of an epoch that is not over, as large a part as is done of it.
  std::int64_t samples_left_out() const;
  Seconds waited() const { return reader_.waited(); }  ///< For samples, so far.

 private:
  struct QueuedPlan {
    std::int64_t first_piece;
    std::shared_ptr<const EpochPlan> plan;
  };
  std::int64_t full_epoch_steps() const;
  void begin_epoch(std::int64_t epoch);
  void queue(std::int64_t epoch);
  void make(std::int64_t piece, MadeBatch& into);
  void gather_losses();
  std::vector<std::int64_t> places_of(int rank) const;

  Communicator& comm_;
  Plan plan_size_;
  EpochPlanner planner_;
  BatchMaker maker_;
  std::mutex mutex_;  ///< Of queued_.
  std::vector<QueuedPlan> queued_;
  std::int64_t pieces_queued_{0};
  std::int64_t epochs_queued_{0};
  std::shared_ptr<const EpochPlan> plan_;  ///< Of the present epoch.
  std::int64_t steps_done_{0};             ///< Of the present epoch.
  std::int64_t steps_before_{0};           ///< Of earlier epochs.
  std::int64_t left_out_before_{0};        ///< Likewise.
  std::vector<at::Tensor> losses_;         ///< Of the present epoch, of this rank.
  ReadAhead<MadeBatch> reader_;            ///< Goes first: its threads use what is above.
};

/// Threads that read ahead: what the options say, or what suits the data.
int reader_threads(const DataOptions& options);

}  // namespace greentrain
