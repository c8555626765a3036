#include "tests/comm/mpi_test_main.h"

#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "comm/mpi_runtime.h"

namespace greentrain {
namespace {

MpiRuntime* runtime = nullptr;  // gtest gives tests no arguments.

/// Prints the first failures of each test alone, with their rank.
class FailurePrinter final : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& test) override {
    test_ = std::string(test.test_suite_name()) + "." + test.name();
    failures_ = 0;
  }
  // gtest holds its lock here: nothing may be asked of UnitTest.
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (!result.failed() || ++failures_ > kMostFailures) return;
    std::printf("rank %d of %d: %s: %s:%d: %s\n", world().rank(), world().size(), test_.c_str(),
                result.file_name(), result.line_number(), result.summary());
    std::fflush(stdout);
  }

  static constexpr int kMostFailures = 3;  ///< Printed for each test.
  std::string test_;
  int failures_ = 0;
};

int run_tests() {
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new FailurePrinter);  // gtest deletes it.
  std::vector<std::int32_t> failed{RUN_ALL_TESTS()};
  world().all_reduce(BufferView::of<std::int32_t>(failed), ReduceOp::Max);
  if (world().rank() == 0) {
    const int tests = ::testing::UnitTest::GetInstance()->test_to_run_count();
    std::printf("%d tests on %d ranks: %s\n", tests, world().size(),
                failed[0] ? "FAILED" : "passed");
  }
  return failed[0];
}

}  // namespace

Communicator& world() { return runtime->world(); }

}  // namespace greentrain

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  GTEST_FLAG_SET(catch_exceptions, false);  // The other ranks would wait for ever.
  greentrain::MpiRuntime runtime;
  greentrain::runtime = &runtime;
  return greentrain::run_tests();
}
