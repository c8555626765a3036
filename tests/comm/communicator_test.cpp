// Collectives over ranks as threads.
#include "comm/communicator.h"

#include "comm/thread_communicator.h"
#include "tests/comm/collective_suite.h"

namespace greentrain {

void on_ranks(const std::function<void(Communicator&)>& work) {
  for (const int ranks : {1, 2, 3, 4}) {
    SCOPED_TRACE(::testing::Message() << ranks << " ranks");
    run_ranks(ranks, work);
  }
}

}  // namespace greentrain
