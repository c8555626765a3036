#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trainer/loop/guard_options.h"

namespace greentrain {

/// Values of the last 128 good steps. The idea is llm.c's (Karpathy, OutlierDetector), but a value
/// is compared with those before it, and a spike does not join them.
class RecentValues {
 public:
  static constexpr std::size_t kWindow = 128;
  /// Standard deviations by which `value` is above the mean; empty until the window is full.
  std::optional<double> z_score(double value) const;
  void add(double value);

 private:
  std::array<double, kWindow> values_{};
  std::size_t count_{0};  ///< Ever added.
};

/// What becomes of a step. Overflow: skipped because the loss scale was too large, which is no
/// sign of trouble.
enum class StepAction { Accept, Overflow, Skip, Rollback, Stop };

struct StepVerdict {
  StepAction action{StepAction::Accept};
  std::string reason{};  ///< "the loss is nan"; empty when accepted.
};

/// Steps that were computed in vain.
struct WastedSteps {
  std::int64_t skipped{0};  ///< Their own update never happened.
  std::int64_t undone{0};   ///< Their updates were taken back by a rollback.
  std::int64_t rollbacks{0};
  std::int64_t all() const { return skipped + undone; }
};

/// Judges every step by its loss and, where asked to, by the norm of its gradient. A pure
/// automaton: every rank feeds it the same figures and comes to the same verdict.
class Guards {
 public:
  explicit Guards(const GuardOptions& options) : options_(options) {}

  bool wants_norm() const;       ///< Else judge_norm() is not called.
  bool keeps_snapshots() const;  ///< Something may lead to a rollback.

  StepVerdict judge_loss(double loss) const;
  StepVerdict judge_norm(double norm) const;
  /// Once a step, whoever judged it. A step with too many bad ones before it becomes Stop.
  StepVerdict conclude(StepVerdict verdict, double loss, std::optional<double> norm);
  /// A snapshot is due; it is taken now.
  bool snapshot_due();

  const WastedSteps& wasted() const { return wasted_; }

 private:
  StepVerdict judge(std::string_view what, double value, double limit,
                    const RecentValues& recent) const;

  GuardOptions options_;
  RecentValues losses_;
  RecentValues norms_;
  std::int64_t bad_in_a_row_{0};
  std::int64_t good_since_snapshot_{0};
  bool any_snapshot_{false};
  WastedSteps wasted_;
};

}  // namespace greentrain
