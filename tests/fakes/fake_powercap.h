#pragma once

#include <cmath>
#include <string>

#include "core/units.h"
#include "tests/fakes/fake_tree.h"

namespace greentrain {

/// The powercap tree of a /sys as the kernel shows it, with what a test puts into it.
class FakePowercap {
 public:
  static constexpr Joules kRange{262143.328850};  ///< Of Intel servers.

  /// `zone` is "intel-rapl:0", or "intel-rapl:0:1" for a zone inside it.
  void add(const std::string& zone, const std::string& name, Joules energy, Joules range = kRange) {
    write(zone + "/name", name);
    write(zone + "/max_energy_range_uj", microjoules(range));
    set(zone, energy);
  }
  void set(const std::string& zone, Joules energy) {
    write(zone + "/energy_uj", microjoules(energy));
  }
  /// Takes reading away without taking the file away, also from root: a folder cannot be read.
  void forbid(const std::string& zone) {
    remove(zone + "/energy_uj");
    write(zone + "/energy_uj/in_the_way", "");
  }
  void write(const std::string& file, const std::string& text) {
    tree_.write(kFolder + file, text);
  }
  void remove(const std::string& file) { tree_.remove(kFolder + file); }

  std::filesystem::path root() const { return tree_.root() / kFolder; }  ///< /sys/class/powercap.
  const FakeTree& sys() const { return tree_; }                          ///< /sys, for other files.

 private:
  static std::string microjoules(Joules energy) {
    return std::to_string(std::llround(energy.value * 1e6));
  }

  static inline const std::string kFolder{"class/powercap/"};
  FakeTree tree_;
};

}  // namespace greentrain
