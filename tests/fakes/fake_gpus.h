#pragma once

#include <cstdlib>
#include <string>

#include "core/units.h"
#include "tests/fakes/fake_tree.h"

namespace greentrain {

/// The fake libnvidia-ml.so.1 with a scenario (docs/fakes.md) and a clock that stands still until
/// the test moves it. One at a time.
class FakeGpus {
 public:
  explicit FakeGpus(const std::string& scenario) {
    const std::string clock = R"({"clock": "now", "call_log": "calls", )";
    tree_.write("scenario.json", clock + scenario.substr(1));
    set_time(Seconds(0));
    setenv("GREENTRAIN_FAKE_NVML", (tree_.root() / "scenario.json").c_str(), 1);
  }
  ~FakeGpus() { unsetenv("GREENTRAIN_FAKE_NVML"); }

  void set_time(Seconds time) {
    now_ = time;
    tree_.write("now", std::to_string(time.count()));
  }
  void advance(Seconds time) { set_time(now_ + time); }

  static std::string library() { return GREENTRAIN_FAKE_NVML_LIBRARY; }
  const FakeTree& tree() const { return tree_; }

 private:
  FakeTree tree_;
  Seconds now_{0};
};

}  // namespace greentrain
