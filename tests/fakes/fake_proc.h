#pragma once

#include <string>

#include "tests/fakes/fake_tree.h"

namespace greentrain {

/// /proc/cpuinfo and /proc/stat of a machine of one's choice.
class FakeProc {
 public:
  FakeProc() { set_ticks(0, 0); }

  void set_cpu(const std::string& name, int cpus, int packages, bool threads, bool hypervisor) {
    std::string text;
    for (int i = 0; i < cpus; ++i) {
      const int per_package = cpus / packages;
      text += "processor\t: " + std::to_string(i) + "\n";
      if (!name.empty()) text += "model name\t: " + name + "\n";
      text += "physical id\t: " + std::to_string(i / per_package) + "\n";
      text += "siblings\t: " + std::to_string(per_package) + "\n";
      text += "cpu cores\t: " + std::to_string(threads ? per_package / 2 : per_package) + "\n";
      text += std::string("flags\t\t: fpu sse2") + (hypervisor ? " hypervisor" : "") + " avx2\n\n";
    }
    tree_.write("cpuinfo", text);
  }
  void set_ticks(int busy, int idle) {
    tree_.write("stat", "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) +
                            " 0 0 0 0 0 0\ncpu0 1 2 3");
  }
  const FakeTree& tree() const { return tree_; }
  const std::filesystem::path& root() const { return tree_.root(); }

 private:
  FakeTree tree_;
};

}  // namespace greentrain
