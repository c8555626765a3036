#include "meter/cpu_time.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/fakes/fake_tree.h"

namespace greentrain {
namespace {

class CpuTimeTest : public testing::Test {
 protected:
  CpuTimeTest() : ticks_(static_cast<double>(sysconf(_SC_CLK_TCK))) {}

  void process(int number, int parent, int own, int of_children) {
    const std::string head = std::to_string(number) + " (a b) c) S " + std::to_string(parent);
    tree_.write(std::to_string(number) + "/stat", head + " 1 1 0 -1 0 0 0 0 0 " +
                                                      std::to_string(own) + " 0 " +
                                                      std::to_string(of_children) + " 0 20 0 1 0");
  }

  double ticks_;
  FakeTree tree_;
};

TEST_F(CpuTimeTest, counts_what_the_machine_worked_and_not_what_it_waited) {
  tree_.write("stat", "cpu  10 20 30 4000 500 6 7 800 0 0\ncpu0 1 1 1 1");
  EXPECT_DOUBLE_EQ(machine_busy_time(tree_.root())->count(), (10 + 20 + 30 + 6 + 7) / ticks_);
  tree_.write("stat", "nonsense");
  EXPECT_FALSE(machine_busy_time(tree_.root()));
  tree_.remove("stat");
  EXPECT_FALSE(machine_busy_time(tree_.root()));
}

TEST_F(CpuTimeTest, counts_a_process_with_all_its_descendants) {
  process(10, 1, 100, 7);
  process(11, 10, 20, 0);
  process(12, 11, 3, 0);
  process(20, 1, 5000, 0);
  EXPECT_DOUBLE_EQ(tree_cpu_time(tree_.root(), 10)->count(), 130 / ticks_);
  EXPECT_FALSE(tree_cpu_time(tree_.root(), 99));
}

}  // namespace
}  // namespace greentrain
