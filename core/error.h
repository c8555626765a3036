#pragma once

#include <stdexcept>
#include <string>

namespace greentrain {

/// Exit codes shared by all programs; docs/exit-codes.md is the table users read.
enum class ExitCode : int {
  Ok = 0,
  Failure = 1,  ///< Something went wrong while running: disk full, data unreadable, a rank lost.
  Usage = 2,    ///< The user can mend it before running again: config, arguments, input files.
  Hang = 70,    ///< Ranks waited past the limit for one that is silent.
};

/// What went wrong, in one message: where, what was found, what was expected, what to do.
/// Caught only in main(), which ends the program with code().
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::Failure)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// A mistake in what the user gave: arguments, config, data files.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, ExitCode::Usage) {}
};

}  // namespace greentrain
