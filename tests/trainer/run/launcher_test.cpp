#include "trainer/run/launcher.h"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/fakes/pseudo_terminal.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::DoubleNear;
using ::testing::Optional;
using ::testing::ResultOf;

const Environment kNoVariables = [](const std::string&) { return std::nullopt; };

/// A /proc with this process (pid "self") and its parent 42.
class FakeProc {
 public:
  FakeProc(const std::string& parent_name, double parent_started_s, double started_s) {
    process("42", parent_name, /*parent=*/7, parent_started_s);
    process("self", "green (train) 1", /*parent=*/42, started_s);
  }

  std::filesystem::path path() const { return folder_ / ""; }
  void link_parent_output(const std::filesystem::path& target) const {
    std::filesystem::create_directory(folder_ / "42/fd");
    std::filesystem::create_symlink(target, folder_ / "42/fd/1");
  }

 private:
  void process(const std::string& pid, const std::string& name, int parent, double started_s) {
    std::filesystem::create_directory(folder_ / pid);
    std::ofstream(folder_ / (pid + "/comm")) << name << "\n";
    const auto ticks = static_cast<long>(started_s * static_cast<double>(sysconf(_SC_CLK_TCK)));
    // Fields 3 to 24 of proc_pid_stat(5).
    std::ofstream(folder_ / (pid + "/stat"))
        << pid << " (" << name << ") S " << parent
        << " 22368 4781 0 -1 4194304 1425 0 5 0 0 2 0 0 20 0 4 0 " << ticks << " 145625088 3144\n";
  }

  TestFolder folder_;
};

auto about(double seconds) {
  return Optional(ResultOf([](Seconds time) { return time.count(); }, DoubleNear(seconds, 1e-6)));
}

TEST(Launcher, is_the_parent_when_it_is_one) {
  for (const char* name : {"mpirun", "orted", "prterun", "slurmstepd"}) {
    const auto launcher = find_launcher(FakeProc(name, 100, 101).path());
    ASSERT_TRUE(launcher) << name;
    EXPECT_EQ(launcher->pid, 42);
    EXPECT_EQ(launcher->name, name);
  }
  EXPECT_FALSE(find_launcher(FakeProc("bash", 100, 101).path()));
  EXPECT_FALSE(find_launcher("/no/such/proc"));
}

TEST(Launcher, starts_the_clock_of_a_run) {
  EXPECT_THAT(time_since_launch(FakeProc("mpirun", 100, 100.5).path(), Seconds{101.25}),
              about(1.25));
}

TEST(Launcher, left_out_the_program_starts_the_clock_itself) {
  EXPECT_THAT(time_since_launch(FakeProc("bash", 1, 100.5).path(), Seconds{101.25}), about(0.75));
}

TEST(Launcher, no_proc_means_no_time) {
  EXPECT_EQ(time_since_launch("/no/such/proc", Seconds{1}), std::nullopt);
}

TEST(Launcher, time_on_this_machine_is_that_of_a_young_process) {
  const auto time = time_since_launch();
  ASSERT_TRUE(time);
  EXPECT_LT(*time, std::chrono::hours(1));
}

TEST(ConsoleTerminal, is_the_launchers_and_not_the_one_it_gives_its_ranks) {
  const FakeProc proc("mpirun", 100, 101);
  const PseudoTerminal pseudo(90);
  proc.link_parent_output(pseudo.path());
  EXPECT_TRUE(console_terminal(kNoVariables, proc.path()).interactive);
  EXPECT_EQ(console_terminal(kNoVariables, proc.path()).width, 90);
}

TEST(ConsoleTerminal, is_none_when_the_launcher_writes_to_a_pipe) {
  const FakeProc proc("mpirun", 100, 101);
  proc.link_parent_output("pipe:[64803]");
  EXPECT_FALSE(console_terminal(kNoVariables, proc.path()).interactive);
}

}  // namespace
}  // namespace greentrain
