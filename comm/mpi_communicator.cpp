#include "comm/mpi_communicator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>
#include <vector>

#include <mpi.h>

#include "comm/fold.h"
#include "comm/mpi_check.h"
#include "comm/mpi_types.h"

namespace greentrain {
namespace {

constexpr std::size_t kScratchCount = std::size_t{1}
                                      << 20;  ///< Elements packed or widened at once.
constexpr int kTag = 0;

std::byte* at(void* data, std::size_t bytes) { return static_cast<std::byte*>(data) + bytes; }
const std::byte* at(const void* data, std::size_t bytes) {
  return static_cast<const std::byte*>(data) + bytes;
}

void widen(const BFloat16* from, float* to, std::size_t count) {
  std::transform(from, from + count, to, to_float);
}
void narrow(const float* from, BFloat16* to, std::size_t count) {
  std::transform(from, from + count, to, to_bfloat16);
}

class MpiCommunicator final : public Communicator {
 public:
  /// Takes over `comm`.
  MpiCommunicator(MPI_Comm comm, std::size_t max_count, int fake_hosts)
      : comm_(comm), max_count_(max_count), fake_hosts_(fake_hosts) {
    mpi_check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    mpi_check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
    mpi_check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  }

  ~MpiCommunicator() override {
    if (std::uncaught_exceptions() == 0) MPI_Comm_free(&comm_);  // Collective: peers may be gone.
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void all_reduce(BufferView data, ReduceOp op) override {
    if (data.type == ElementType::BFloat16) return all_reduce_widened(data, op);
    for_each_chunk(data.count, max_count_, [&](std::size_t begin, std::size_t count) {
      all_reduce_chunk({at(data.data, begin * size_of(data.type)), count, data.type}, op);
    });
  }

  void reduce_scatter(ConstBufferView input, BufferView output, ReduceOp op) override {
    check_parts("reduce_scatter", {output.data, output.count, output.type}, input, size_);
    if (output.type == ElementType::BFloat16) {
      reduce_scatter_widened(input, output, op);
    } else if (input.count <= max_count_) {
      reduce_scatter_chunk(input.data, output, op);
    } else {
      reduce_scatter_packed(input, output, op);
    }
  }

  void all_gather(ConstBufferView input, BufferView output) override {
    check_parts("all_gather", input, {output.data, output.count, output.type}, size_);
    void* own_part = at(output.data, static_cast<std::size_t>(rank_) * input.bytes());
    if (own_part != input.data && input.count > 0) {
      std::memcpy(own_part, input.data, input.bytes());
    }
    if (output.count <= max_count_) {
      const int count = static_cast<int>(input.count);
      MPI_Request request = MPI_REQUEST_NULL;
      mpi_check(MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, output.data, count,
                               mpi_type(output.type), comm_, &request),
                "MPI_Iallgather");
      return wait(request, "MPI_Iallgather");
    }
    for (int root = 0; root < size_; ++root) {
      void* part = at(output.data, static_cast<std::size_t>(root) * input.bytes());
      broadcast({part, input.count, input.type}, root);
    }
  }

  void all_to_all(ConstBufferView input, BufferView output) override {
    check_all_to_all(input, {output.data, output.count, output.type}, size_);
    const std::size_t part = input.count / static_cast<std::size_t>(size_);
    // Pair by pair: every size works, nothing is packed.
    for (int step = 0; step < size_; ++step) {
      const int to = (rank_ + step) % size_;
      const int from = (rank_ - step + size_) % size_;
      for_each_chunk(part, max_count_, [&](std::size_t begin, std::size_t count) {
        const auto place = [&](int rank) {
          return (static_cast<std::size_t>(rank) * part + begin) * size_of(input.type);
        };
        const int length = static_cast<int>(count);
        std::array<MPI_Request, 2> requests{};
        mpi_check(MPI_Irecv(at(output.data, place(from)), length, mpi_type(output.type), from, kTag,
                            comm_, &requests[0]),
                  "MPI_Irecv");
        mpi_check(MPI_Isend(at(input.data, place(to)), length, mpi_type(input.type), to, kTag,
                            comm_, &requests[1]),
                  "MPI_Isend");
        for (MPI_Request& request : requests) wait(request, "MPI_Isend and MPI_Irecv");
      });
    }
  }

  void broadcast(BufferView data, int root) override {
    for_each_chunk(data.count, max_count_, [&](std::size_t begin, std::size_t count) {
      MPI_Request request = MPI_REQUEST_NULL;
      mpi_check(MPI_Ibcast(at(data.data, begin * size_of(data.type)), static_cast<int>(count),
                           mpi_type(data.type), root, comm_, &request),
                "MPI_Ibcast");
      wait(request, "MPI_Ibcast");
    });
  }

  void barrier() override {
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_check(MPI_Ibarrier(comm_, &request), "MPI_Ibarrier");
    wait(request, "MPI_Ibarrier");
  }

  void reduce_record(Record& record, CombineRecord combine) override {
    const Record mine = record;
    records_.resize(static_cast<std::size_t>(size_));
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_check(MPI_Iallgather(&mine, sizeof mine, MPI_BYTE, records_.data(), sizeof mine, MPI_BYTE,
                             comm_, &request),
              "MPI_Iallgather");
    wait(request, "MPI_Iallgather");
    fold_records(records_, record, combine);
  }

  std::unique_ptr<Communicator> split_by_node() override {
    MPI_Comm node = MPI_COMM_NULL;
    mpi_check(MPI_Comm_split_type(comm_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
              "MPI_Comm_split_type");
    auto result = std::make_unique<MpiCommunicator>(node, max_count_, 1);
    if (fake_hosts_ == 1) return result;
    return result->split(result->rank_ * fake_hosts_ / result->size_);
  }

  std::unique_ptr<Communicator> split(int color) override {
    MPI_Comm group = MPI_COMM_NULL;
    mpi_check(MPI_Comm_split(comm_, color, rank_, &group), "MPI_Comm_split");
    return std::make_unique<MpiCommunicator>(group, max_count_, 1);
  }

 private:
  /// MPI's own waiting keeps a core busy, which costs energy and takes the core from ranks that
  /// compute. This looks closely for 20 us, then more and more rarely, so that it sees the end at
  /// most an eighth later than it could.
  static void wait(MPI_Request& request, const char* call) {
    using namespace std::chrono_literals;
    constexpr auto kSpin = 20us;
    const auto begin = std::chrono::steady_clock::now();
    while (true) {
      int done = 0;
      mpi_check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), call);
      if (done != 0) return;
      const auto waited = std::chrono::steady_clock::now() - begin;
      if (waited > kSpin) {
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(waited / 8, 200us));
      }
    }
  }

  template <class Work>
  static void for_each_chunk(std::size_t total, std::size_t limit, const Work& work) {
    for (std::size_t begin = 0; begin < total; begin += limit) {
      work(begin, std::min(limit, total - begin));
    }
  }

  void all_reduce_chunk(BufferView data, ReduceOp op) {
    mpi_check(MPI_Allreduce(MPI_IN_PLACE, data.data, static_cast<int>(data.count),
                            mpi_type(data.type), ops_.get(data.type, op), comm_),
              "MPI_Allreduce");
  }

  void all_reduce_widened(BufferView data, ReduceOp op) {
    auto* values = static_cast<BFloat16*>(data.data);
    std::vector<float> wide;
    const std::size_t limit = std::min(max_count_, kScratchCount);
    for_each_chunk(data.count, limit, [&](std::size_t begin, std::size_t count) {
      wide.resize(count);
      widen(values + begin, wide.data(), count);
      all_reduce_chunk(BufferView::of<float>(wide), op);
      narrow(wide.data(), values + begin, count);
    });
  }

  void reduce_scatter_chunk(const void* input, BufferView output, ReduceOp op) {
    mpi_check(MPI_Reduce_scatter_block(input, output.data, static_cast<int>(output.count),
                                       mpi_type(output.type), ops_.get(output.type, op), comm_),
              "MPI_Reduce_scatter_block");
  }

  /// The same piece of every part, next to each other.
  template <class Copy>
  void for_each_packed_chunk(std::size_t part_count, const Copy& work) {
    const std::size_t ranks = static_cast<std::size_t>(size_);
    const std::size_t limit = std::max<std::size_t>(1, std::min(max_count_, kScratchCount) / ranks);
    for_each_chunk(part_count, limit, work);
  }

  void reduce_scatter_packed(ConstBufferView input, BufferView output, ReduceOp op) {
    const std::size_t width = size_of(input.type);
    std::vector<std::byte> packed;
    for_each_packed_chunk(output.count, [&](std::size_t begin, std::size_t count) {
      packed.clear();
      for (std::size_t part = 0; part < static_cast<std::size_t>(size_); ++part) {
        const std::byte* first = at(input.data, (part * output.count + begin) * width);
        packed.insert(packed.end(), first, first + count * width);
      }
      reduce_scatter_chunk(packed.data(), {at(output.data, begin * width), count, output.type}, op);
    });
  }

  void reduce_scatter_widened(ConstBufferView input, BufferView output, ReduceOp op) {
    const auto* values = static_cast<const BFloat16*>(input.data);
    std::vector<float> packed;
    std::vector<float> result;
    for_each_packed_chunk(output.count, [&](std::size_t begin, std::size_t count) {
      packed.resize(count * static_cast<std::size_t>(size_));
      result.resize(count);
      for (std::size_t part = 0; part < static_cast<std::size_t>(size_); ++part) {
        widen(values + part * output.count + begin, packed.data() + part * count, count);
      }
      reduce_scatter_chunk(packed.data(), BufferView::of<float>(result), op);
      narrow(result.data(), static_cast<BFloat16*>(output.data) + begin, count);
    });
  }

  MPI_Comm comm_;
  const std::size_t max_count_;
  const int fake_hosts_;
  const MpiOps ops_;
  int rank_ = 0;
  int size_ = 1;
  std::vector<Record> records_;
};

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator(std::size_t max_count, int fake_hosts) {
  MPI_Comm world = MPI_COMM_NULL;
  mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup");
  return std::make_unique<MpiCommunicator>(world, max_count, fake_hosts);
}

}  // namespace greentrain
