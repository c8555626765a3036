#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/device/device_exchange.h"
#include "comm/exchange/gradient_exchange.h"

namespace greentrain {

/// A DeviceExchange in host memory, where torch computes as on a GPU. Everything happens at once,
/// but the way of new parameters to other ranks: they are there when they have been waited for.
class HostDeviceExchange final : public DeviceExchange {
 public:
  HostDeviceExchange(Communicator& comm, const ExchangeShape& shape, std::size_t bucket_elements)
      : comm_(comm),
        shards_(shape.parameters, shape.elements, bucket_elements, comm.size()),
        parameters_(shards_.padded_elements()),
        published_(shards_.padded_elements()),
        gradients_(shards_.padded_elements()) {}

  float* parameters() override { return parameters_.data(); }
  float* gradients() override { return gradients_.data(); }
  const DeviceShards& shards() const override { return shards_; }
  int rank() const override { return comm_.rank(); }
  void begin_step(DeviceShardOwner& owner) override { owner_ = &owner; }
  void parameter_ready(std::size_t, DeviceStream) override {}

  void finish_step(DeviceStream) override {
    for (std::size_t bucket = 0; bucket < shards_.buckets(); ++bucket) {
      const DeviceShard mine = shards_.of(bucket, rank());
      const float* begin = gradients_.data() + shards_.bucket_offset(bucket);
      std::vector<float> sums(mine.elements);
      comm_.reduce_scatter(view(begin, shards_.bucket_elements(bucket)),
                           {sums.data(), sums.size(), ElementType::Float32});
      std::copy(sums.begin(), sums.end(), gradients_.data() + mine.offset);
      const float* const sources[] = {gradients_.data() + mine.offset};
      owner_->update({mine, sources, parameters_.data() + mine.offset});
    }
  }

  void gather(const float* mine, float* all, std::size_t count) override {
    comm_.all_gather(view(mine, count), {all, count * ranks(), ElementType::Float32});
  }

  void publish() override {
    for (std::size_t bucket = 0; bucket < shards_.buckets(); ++bucket) {
      const DeviceShard mine = shards_.of(bucket, rank());
      const std::vector<float> own(parameters_.data() + mine.offset,
                                   parameters_.data() + mine.offset + mine.elements);
      comm_.all_gather(view(own.data(), own.size()),
                       {published_.data() + shards_.bucket_offset(bucket),
                        shards_.bucket_elements(bucket), ElementType::Float32});
    }
  }

  void wait_for_parameter(std::size_t parameter, DeviceStream) override {
    const auto buckets = shards_.plan().buckets_of(parameter);
    for (std::size_t bucket = buckets.first; bucket < buckets.end; ++bucket) arrive(bucket);
  }
  void wait_for_parameters(DeviceStream) override {
    for (std::size_t bucket = 0; bucket < shards_.buckets(); ++bucket) arrive(bucket);
  }
  Seconds waited() const override { return {}; }
  std::string description() const override { return "host memory"; }
  void abandon() override {}

 private:
  void arrive(std::size_t bucket) {
    const auto begin =
        published_.begin() + static_cast<std::ptrdiff_t>(shards_.bucket_offset(bucket));
    std::copy_n(begin, shards_.bucket_elements(bucket),
                parameters_.data() + shards_.bucket_offset(bucket));
  }
  static ConstBufferView view(const float* data, std::size_t count) {
    return {data, count, ElementType::Float32};
  }
  std::size_t ranks() const { return static_cast<std::size_t>(comm_.size()); }

  Communicator& comm_;
  DeviceShards shards_;
  std::vector<float> parameters_;
  std::vector<float> published_;
  std::vector<float> gradients_;
  DeviceShardOwner* owner_{nullptr};
};

}  // namespace greentrain
