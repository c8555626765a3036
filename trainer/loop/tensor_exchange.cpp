#include "trainer/loop/tensor_exchange.h"

#include <ATen/core/grad_mode.h>

namespace greentrain {
void broadcast_from_rank_0(Communicator& comm, at::Tensor tensor) {
  const at::NoGradGuard no_gradients;
  at::Tensor host = tensor.cpu().contiguous();  // The tensor itself when it is there already.
  comm.broadcast({host.data_ptr(), host.nbytes(), ElementType::UInt8}, 0);
  if (host.data_ptr() != tensor.data_ptr()) tensor.copy_(host);
}

}  // namespace greentrain
