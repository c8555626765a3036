#include "comm/thread_communicator.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "comm/fold.h"

namespace greentrain {
namespace {

/// What one rank brings to a collective. The others read it between two barriers.
struct Contribution {
  const char* call = "";
  void* data = nullptr;
  std::size_t count = 0;
  ElementType type = ElementType::UInt8;
  int root = 0;
  ReduceOp op = ReduceOp::Sum;

  bool matches(const Contribution& other) const {
    return std::strcmp(call, other.call) == 0 && count == other.count && type == other.type &&
           root == other.root && op == other.op;
  }
};

/// Where the ranks of one group meet. Owned by all its communicators together.
class ThreadGroup {
 public:
  ThreadGroup(int ranks, int nodes)
      : contributions(static_cast<std::size_t>(ranks)), nodes_(nodes) {}

  int size() const { return static_cast<int>(contributions.size()); }
  int node_of(int rank) const { return rank * nodes_ / size(); }

  /// Waits until all ranks are here. What they wrote before, all see after.
  void meet() {
    std::unique_lock lock(mutex_);
    if (++arrived_ == size()) {
      arrived_ = 0;
      ++generation_;
      changed_.notify_all();
      return;
    }
    const std::uint64_t mine = generation_;
    changed_.wait(lock, [&] { return generation_ != mine || gone_.has_value(); });
    if (generation_ == mine) {
      throw PeerGone(fmt::format("rank {} left while others waited for it", *gone_));
    }
  }

  void leave(int rank) {
    const std::lock_guard lock(mutex_);
    gone_ = rank;
    changed_.notify_all();
  }

  std::vector<Contribution> contributions;            ///< By rank; each writes its own.
  std::map<int, std::shared_ptr<ThreadGroup>> parts;  ///< By colour; written by rank 0.

 private:
  const int nodes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  std::uint64_t generation_ = 0;
  std::optional<int> gone_;
};

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadGroup> group, int rank)
      : group_(std::move(group)), rank_(rank) {}
  ~ThreadCommunicator() override { group_->leave(rank_); }

  int rank() const override { return rank_; }
  int size() const override { return group_->size(); }

  void all_reduce(BufferView data, ReduceOp op) override {
    if (size() == 1) return;
    contribute({"all_reduce", data.data, data.count, data.type, 0, op});
    // This rank folds its share of the elements and hands it to all: no one else touches them.
    const std::size_t ranks = group_->contributions.size();
    const auto index = static_cast<std::size_t>(rank_);
    const std::size_t begin = data.count * index / ranks;
    const std::size_t share = data.count * (index + 1) / ranks - begin;
    const std::size_t offset = begin * size_of(data.type);
    void* mine = static_cast<std::byte*>(data.data) + offset;
    fold(sources_at(offset), {mine, share, data.type}, op);
    for (const Contribution& peer : group_->contributions) {
      if (peer.data != data.data)
        copy(static_cast<std::byte*>(peer.data) + offset, mine, share * size_of(data.type));
    }
    group_->meet();
  }

  void reduce_scatter(ConstBufferView input, BufferView output, ReduceOp op) override {
    check_parts("reduce_scatter", {output.data, output.count, output.type}, input, size());
    contribute({"reduce_scatter", const_cast<void*>(input.data), input.count, input.type, 0, op});
    fold(sources_at(static_cast<std::size_t>(rank_) * output.bytes()), output, op);
    group_->meet();
  }

  void all_gather(ConstBufferView input, BufferView output) override {
    check_parts("all_gather", input, {output.data, output.count, output.type}, size());
    contribute({"all_gather", const_cast<void*>(input.data), input.count, input.type, 0, {}});
    auto* part = static_cast<std::byte*>(output.data);
    for (const Contribution& peer : group_->contributions) {
      if (part != peer.data) copy(part, peer.data, input.bytes());
      part += input.bytes();
    }
    group_->meet();
  }

  void all_to_all(ConstBufferView input, BufferView output) override {
    check_all_to_all(input, {output.data, output.count, output.type}, size());
    contribute({"all_to_all", const_cast<void*>(input.data), input.count, input.type, 0, {}});
    const std::size_t part = input.bytes() / static_cast<std::size_t>(size());
    auto* to = static_cast<std::byte*>(output.data);
    for (const void* from : sources_at(static_cast<std::size_t>(rank_) * part)) {
      copy(to, from, part);
      to += part;
    }
    group_->meet();
  }

  void broadcast(BufferView data, int root) override {
    contribute({"broadcast", data.data, data.count, data.type, root, {}});
    if (rank_ != root) copy(data.data, contribution_of(root).data, data.bytes());
    group_->meet();
  }

  void barrier() override {
    contribute({"barrier", nullptr, 0, {}, 0, {}});
    group_->meet();
  }

  void reduce_record(Record& record, CombineRecord combine) override {
    std::vector<Record> records(static_cast<std::size_t>(size()));
    all_gather({&record, sizeof record, ElementType::UInt8},
               {records.data(), sizeof record * records.size(), ElementType::UInt8});
    fold_records(records, record, combine);
  }

  std::unique_ptr<Communicator> split_by_node() override { return split(group_->node_of(rank_)); }

  std::unique_ptr<Communicator> split(int color) override {
    std::vector<std::int32_t> colors(static_cast<std::size_t>(size()));
    const std::vector<std::int32_t> mine{color};
    all_gather(ConstBufferView::of<std::int32_t>(mine), BufferView::of<std::int32_t>(colors));
    if (rank_ == 0) group_->parts = make_parts(colors);
    group_->meet();
    const auto before = std::count(colors.begin(), colors.begin() + rank_, color);
    auto result =
        std::make_unique<ThreadCommunicator>(group_->parts.at(color), static_cast<int>(before));
    group_->meet();
    return result;
  }

 private:
  /// Shows the others what this rank brings, and waits until all have; checks that they agree.
  void contribute(const Contribution& mine) {
    group_->contributions[static_cast<std::size_t>(rank_)] = mine;
    group_->meet();
    const Contribution& first = group_->contributions.front();
    for (int rank = 1; rank < size(); ++rank) {
      if (!contribution_of(rank).matches(first)) throw_mismatch(first, rank);
    }
  }

  [[noreturn]] void throw_mismatch(const Contribution& first, int rank) {
    const Contribution& other = contribution_of(rank);
    const std::string message = fmt::format(
        "collective calls differ: rank 0 calls {} with {} {}, root {}; rank {} calls {} with {} "
        "{}, root {}",
        first.call, first.count, name_of(first.type), first.root, rank, other.call, other.count,
        name_of(other.type), other.root);
    group_->meet();
    throw Error(message);
  }

  const Contribution& contribution_of(int rank) const {
    return group_->contributions[static_cast<std::size_t>(rank)];
  }

  std::vector<const void*> sources_at(std::size_t offset) const {
    std::vector<const void*> sources;
    for (const Contribution& peer : group_->contributions) {
      sources.push_back(static_cast<const std::byte*>(peer.data) + offset);
    }
    return sources;
  }

  static void copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }

  static std::map<int, std::shared_ptr<ThreadGroup>> make_parts(
      const std::vector<std::int32_t>& colors) {
    std::map<int, std::shared_ptr<ThreadGroup>> parts;
    for (const std::int32_t color : colors) {
      const auto ranks = std::count(colors.begin(), colors.end(), color);
      parts.try_emplace(color, std::make_shared<ThreadGroup>(static_cast<int>(ranks), 1));
    }
    return parts;
  }

  const std::shared_ptr<ThreadGroup> group_;
  const int rank_;
};

bool is_consequence(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const PeerGone&) {
    return true;
  } catch (...) {
    return false;
  }
}

void rethrow_first(const std::vector<std::exception_ptr>& errors) {
  for (const bool consequences : {false, true}) {
    for (const std::exception_ptr& error : errors) {
      if (error && is_consequence(error) == consequences) std::rethrow_exception(error);
    }
  }
}

}  // namespace

std::vector<std::unique_ptr<Communicator>> make_thread_communicators(int ranks, int nodes) {
  if (ranks < 1 || nodes < 1 || nodes > ranks) {
    throw Error(fmt::format("found {} ranks on {} nodes, expected at least one rank on each node",
                            ranks, nodes));
  }
  const auto group = std::make_shared<ThreadGroup>(ranks, nodes);
  std::vector<std::unique_ptr<Communicator>> communicators;
  for (int rank = 0; rank < ranks; ++rank) {
    communicators.push_back(std::make_unique<ThreadCommunicator>(group, rank));
  }
  return communicators;
}

void run_ranks(int ranks, const std::function<void(Communicator&)>& work, int nodes) {
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(ranks));
  std::vector<std::jthread> threads;
  auto communicators = make_thread_communicators(ranks, nodes);
  for (std::size_t rank = 0; rank < communicators.size(); ++rank) {
    threads.emplace_back([&work, comm = std::move(communicators[rank]), &error = errors[rank]] {
      try {
        work(*comm);
      } catch (...) {
        error = std::current_exception();
      }
    });
  }
  threads.clear();  // Joins them.
  rethrow_first(errors);
}

}  // namespace greentrain
