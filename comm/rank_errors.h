#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "core/error.h"

namespace greentrain {

/// An error that every rank throws at the same place with the same text, so that one rank prints it
/// and all end together. Every other Error is one rank's own.
class SharedError : public Error {
  using Error::Error;
};

/// Collective. Every rank says what went wrong on it, if anything did; when any rank says so, all
/// throw the same SharedError with `code`, which lists the failed ranks with their hosts:
///   ranks 1-3 (node7): data/train.csv: not found; ...
void throw_if_any_failed(Communicator& comm, const std::optional<std::string>& my_error,
                         ExitCode code);

/// What one rank says went wrong.
struct RankFailure {
  int rank;
  std::string host;
  std::string text;
};

/// One line per text, in the order of the first rank that says it; equal texts are told once.
/// Only the text when there is one rank in all.
std::string describe_failures(const std::vector<RankFailure>& failures, int ranks);

}  // namespace greentrain
