#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/units.h"

namespace greentrain {

/// One decision that reads a meter or a clock, and what it read. Everything else in a run repeats.
struct Decision {
  std::int64_t step{0};
  std::string name{};              ///< "early_stopping".
  std::optional<Joules> joules{};  ///< Spent so far; empty when nothing was metered.
  bool stop{false};                ///< What was decided.

  bool operator==(const Decision&) const = default;
};

/// The lines of a decisions.jsonl; `name` stands for the file in messages. Throws UsageError with
/// the number of a line that is not a decision.
std::vector<Decision> parse_decisions(const std::string& text, const std::string& name);

/// Records such decisions, and in a replay gives them what those of another run read, so that they
/// repeat. Every rank has one; not thread-safe.
class DecisionLog {
 public:
  /// `path`: where to record, rank 0's alone; made with the first decision.
  explicit DecisionLog(std::optional<std::filesystem::path> path);
  /// Decides as `recorded`, which the file `name` held.
  DecisionLog(std::optional<std::filesystem::path> path, std::vector<Decision> recorded,
              std::string name);

  /// What the decision after `step` is to read. Throws SharedError when the record has none there.
  std::optional<Joules> joules(std::int64_t step, std::optional<Joules> measured);
  /// Throws Error when the line could not be written whole, SharedError when the record says
  /// otherwise.
  void decided(const Decision& decision);

 private:
  void expect_as_recorded(const Decision& decision);

  std::optional<std::filesystem::path> path_;
  std::optional<AppendFile> file_;
  bool replays_{false};
  std::vector<Decision> recorded_;
  std::string name_;
  std::size_t next_{0};
};

}  // namespace greentrain
