#include "trainer/loop/tensor_exchange.h"

#include <ATen/core/grad_mode.h>

namespace greentrain {
namespace {

// Runs `exchange` on the tensor's memory, or on a copy in host memory when it lives on a GPU.
template <class Exchange>
void in_host_memory(at::Tensor& tensor, Exchange exchange) {
  const at::NoGradGuard no_gradients;
  if (tensor.is_cpu()) {
    exchange(tensor);
    return;
  }
  at::Tensor host = tensor.cpu();
  exchange(host);
  tensor.copy_(host);
}

}  // namespace

void sum_over_ranks(Communicator& comm, at::Tensor tensor) {
  if (comm.size() == 1) return;
  in_host_memory(tensor, [&](at::Tensor& host) {
    comm.all_reduce(
        {host.data_ptr<float>(), static_cast<std::size_t>(host.numel()), ElementType::Float32});
  });
}

void broadcast_from_rank_0(Communicator& comm, at::Tensor tensor) {
  in_host_memory(tensor, [&](at::Tensor& host) {
    comm.broadcast({host.data_ptr(), host.nbytes(), ElementType::UInt8}, 0);
  });
}

}  // namespace greentrain
