#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "comm/buffer.h"

namespace greentrain {

/// Sum: integers wrap, bfloat16 is summed in float32 and rounded once; the order of the terms is
/// the communicator's. Min, Max: -0 is less than +0; a NaN on any rank makes the result a NaN.
enum class ReduceOp { Sum, Min, Max };

/// 64 bytes that every rank contributes each step and every rank gets back combined.
struct alignas(64) Record {
  std::array<std::byte, 64> bytes;
};
/// Folds `next`, of later ranks, into `into`. Records are folded along a fixed binary tree over the
/// ranks, so the result is the same everywhere.
using CombineRecord = void (*)(Record& into, const Record& next);

/// A group of ranks that exchange data. Every method but rank() and size() is collective: all
/// ranks call it, in the same order, with the same counts and types; it blocks until done and
/// throws Error when the exchange fails or a buffer has the wrong size. Buffers may be empty; they
/// do not overlap, except where said. One thread per rank may use it at a time.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Combines element by element; every rank ends with the same bits.
  virtual void all_reduce(BufferView data, ReduceOp op = ReduceOp::Sum) = 0;
  /// input: size() parts of output.count elements; output: this rank's part, combined.
  virtual void reduce_scatter(ConstBufferView input, BufferView output,
                              ReduceOp op = ReduceOp::Sum) = 0;
  /// output: size() parts of input.count elements, in rank order. input may be this rank's part.
  virtual void all_gather(ConstBufferView input, BufferView output) = 0;
  /// input, output: size() parts each. Part i of the input goes to rank i; part i of the output
  /// came from it.
  virtual void all_to_all(ConstBufferView input, BufferView output) = 0;
  virtual void broadcast(BufferView data, int root) = 0;
  virtual void barrier() = 0;
  virtual void reduce_record(Record& record, CombineRecord combine) = 0;

  /// The ranks that share this rank's machine, ordered by rank.
  virtual std::unique_ptr<Communicator> split_by_node() = 0;
  /// The ranks that gave the same colour (0 or more), ordered by rank.
  virtual std::unique_ptr<Communicator> split(int color) = 0;
};

/// Texts of all ranks, in rank order, on every rank. Collective; lengths may differ.
std::vector<std::string> all_gather_text(Communicator& comm, const std::string& text);

/// Rank `root`'s text, on every rank. Collective.
std::string broadcast_text(Communicator& comm, const std::string& text, int root);

}  // namespace greentrain
