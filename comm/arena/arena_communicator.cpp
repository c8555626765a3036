#include "comm/arena/arena_communicator.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "comm/arena/sum.h"
#include "comm/fold.h"

namespace greentrain {
namespace {

// Elements folded at a time: read, folded and spread while in the cache.
constexpr std::size_t kPiece = 4096;

struct Part {
  std::size_t begin;
  std::size_t end;
};

// This rank's share of `count` elements; shares differ by at most one cache line's elements.
Part part_of(std::size_t count, int rank, int ranks) {
  constexpr std::size_t kLine = 16;
  const std::size_t lines = (count + kLine - 1) / kLine;
  const auto boundary = [&](int at) {
    const std::size_t line = lines * static_cast<std::size_t>(at) / static_cast<std::size_t>(ranks);
    return std::min(count, line * kLine);
  };
  return {boundary(rank), boundary(rank + 1)};
}

bool is_plain_sum(ElementType type, ReduceOp op) {
  return type == ElementType::Float32 && op == ReduceOp::Sum;
}

// Into all of `parts`, which are views of `count` elements.
void fold_into_all(std::span<std::byte* const> parts, std::size_t count, ElementType type,
                   ReduceOp op) {
  if (is_plain_sum(type, op)) {
    std::vector<float*> floats;
    for (std::byte* part : parts) floats.push_back(reinterpret_cast<float*>(part));
    return sum_float32_into_all(floats, count);
  }
  const std::size_t element = size_of(type);
  std::vector<const void*> sources(parts.size());
  for (std::size_t at = 0; at < count; at += kPiece) {
    const std::size_t length = std::min(kPiece, count - at);
    for (std::size_t i = 0; i < parts.size(); ++i) sources[i] = parts[i] + at * element;
    std::byte* const first = parts.front() + at * element;
    fold(sources, {first, length, type}, op);
    for (std::byte* part : parts.subspan(1)) {
      std::memcpy(part + at * element, first, length * element);
    }
  }
}

void fold_one(const std::vector<const void*>& sources, BufferView into, ReduceOp op) {
  if (!is_plain_sum(into.type, op)) return fold(sources, into, op);
  std::vector<const float*> floats;
  for (const void* source : sources) floats.push_back(static_cast<const float*>(source));
  sum_float32(floats, static_cast<float*>(into.data), into.count);
}

}  // namespace

ArenaCommunicator::ArenaCommunicator(Communicator& node, std::size_t workspace_bytes,
                                     const SharedMemory::Source& source)
    : node_(node), arena_(node, {0, std::max<std::size_t>(workspace_bytes, 1), 0}, source) {}

// Sums `count` elements that start `begin` bytes into every workspace, in place.
void ArenaCommunicator::reduce_in_workspace(std::size_t begin, std::size_t count, ElementType type,
                                            ReduceOp op) {
  const Part mine = part_of(count, rank(), size());
  std::vector<std::byte*> parts;
  for (int other = 0; other < size(); ++other) {
    parts.push_back(arena_.slab(other).data() + begin + mine.begin * size_of(type));
  }
  arena_.barrier();
  fold_into_all(parts, mine.end - mine.begin, type, op);
  arena_.barrier();
}

void ArenaCommunicator::all_reduce(BufferView data, ReduceOp op) {
  auto* const bytes = static_cast<std::byte*>(data.data);
  const std::span<std::byte> room = workspace();
  if (bytes >= room.data() && bytes + data.bytes() <= room.data() + room.size()) {
    reduce_in_workspace(static_cast<std::size_t>(bytes - room.data()), data.count, data.type, op);
    return;
  }
  const std::size_t piece = room.size() / size_of(data.type);
  for (std::size_t at = 0; at < data.count; at += piece) {
    const std::size_t length = std::min(piece, data.count - at);
    std::byte* const part = bytes + at * size_of(data.type);
    std::memcpy(room.data(), part, length * size_of(data.type));
    reduce_in_workspace(0, length, data.type, op);
    std::memcpy(part, room.data(), length * size_of(data.type));
  }
}

void ArenaCommunicator::reduce_scatter(ConstBufferView input, BufferView output, ReduceOp op) {
  check_parts("reduce_scatter", {output.data, output.count, output.type}, input, size());
  // Part by part through the workspaces: rank r folds what all ranks put down for it.
  const std::size_t element = size_of(output.type);
  const std::size_t piece =
      std::max<std::size_t>(1, workspace().size() / element / static_cast<std::size_t>(size()));
  for (std::size_t at = 0; at < output.count; at += piece) {
    const std::size_t length = std::min(piece, output.count - at);
    for (std::size_t part = 0; part < static_cast<std::size_t>(size()); ++part) {
      const auto* from = static_cast<const std::byte*>(input.data);
      std::memcpy(workspace().data() + part * length * element,
                  from + (part * output.count + at) * element, length * element);
    }
    arena_.barrier();
    std::vector<const void*> sources;
    for (int other = 0; other < size(); ++other) {
      sources.push_back(arena_.slab(other).data() +
                        static_cast<std::size_t>(rank()) * length * element);
    }
    auto* const into = static_cast<std::byte*>(output.data) + at * element;
    fold_one(sources, {into, length, output.type}, op);
    arena_.barrier();
  }
}

void ArenaCommunicator::all_gather(ConstBufferView input, BufferView output) {
  check_parts("all_gather", input, {output.data, output.count, output.type}, size());
  const std::size_t bytes = input.bytes();
  for (std::size_t at = 0; at < bytes; at += workspace().size()) {
    const std::size_t length = std::min(workspace().size(), bytes - at);
    std::memcpy(workspace().data(), static_cast<const std::byte*>(input.data) + at, length);
    arena_.barrier();
    for (int other = 0; other < size(); ++other) {
      auto* const part =
          static_cast<std::byte*>(output.data) + static_cast<std::size_t>(other) * bytes;
      std::memcpy(part + at, arena_.slab(other).data(), length);
    }
    arena_.barrier();
  }
}

void ArenaCommunicator::all_to_all(ConstBufferView input, BufferView output) {
  check_all_to_all(input, {output.data, output.count, output.type}, size());
  const auto ranks = static_cast<std::size_t>(size());
  const std::size_t part = input.bytes() / ranks;
  const std::size_t room = std::max<std::size_t>(1, workspace().size() / ranks);
  for (std::size_t at = 0; at < part; at += room) {
    const std::size_t length = std::min(room, part - at);
    for (std::size_t to = 0; to < ranks; ++to) {
      std::memcpy(workspace().data() + to * length,
                  static_cast<const std::byte*>(input.data) + to * part + at, length);
    }
    arena_.barrier();
    for (std::size_t from = 0; from < ranks; ++from) {
      std::memcpy(
          static_cast<std::byte*>(output.data) + from * part + at,
          arena_.slab(static_cast<int>(from)).data() + static_cast<std::size_t>(rank()) * length,
          length);
    }
    arena_.barrier();
  }
}

void ArenaCommunicator::broadcast(BufferView data, int root) {
  auto* const bytes = static_cast<std::byte*>(data.data);
  for (std::size_t at = 0; at < data.bytes(); at += workspace().size()) {
    const std::size_t length = std::min(workspace().size(), data.bytes() - at);
    if (rank() == root) std::memcpy(workspace().data(), bytes + at, length);
    arena_.barrier();
    if (rank() != root) std::memcpy(bytes + at, arena_.slab(root).data(), length);
    arena_.barrier();
  }
}

std::unique_ptr<Communicator> ArenaCommunicator::split_by_node() { return node_.split_by_node(); }
std::unique_ptr<Communicator> ArenaCommunicator::split(int color) { return node_.split(color); }

}  // namespace greentrain
