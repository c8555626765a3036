#pragma once

#include <cmath>
#include <string>

#include "core/units.h"
#include "tests/fakes/fake_tree.h"

namespace greentrain {

/// A powercap tree as the kernel shows it, with what a test puts into it.
class FakePowercap {
 public:
  static constexpr Joules kRange{262143.328850};  ///< Of Intel servers.

  /// `zone` is "intel-rapl:0", or "intel-rapl:0:1" for a zone inside it.
  void add(const std::string& zone, const std::string& name, Joules energy, Joules range = kRange) {
    tree_.write(zone + "/name", name);
    tree_.write(zone + "/max_energy_range_uj", microjoules(range));
    set(zone, energy);
  }
  void set(const std::string& zone, Joules energy) {
    tree_.write(zone + "/energy_uj", microjoules(energy));
  }
  /// Takes reading away without taking the file away, also from root: a folder cannot be read.
  void forbid(const std::string& zone) {
    tree_.remove(zone + "/energy_uj");
    tree_.write(zone + "/energy_uj/in_the_way", "");
  }
  const FakeTree& tree() const { return tree_; }
  const std::filesystem::path& root() const { return tree_.root(); }

 private:
  static std::string microjoules(Joules energy) {
    return std::to_string(std::llround(energy.value * 1e6));
  }

  FakeTree tree_;
};

}  // namespace greentrain
