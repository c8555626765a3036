#include "comm/device/gpu_choice.h"

#include <map>
#include <set>

namespace greentrain {
namespace {

using Uuids = std::vector<std::vector<std::string>>;

/// Kuhn's matching of ranks with GPUs, repeated for the ranks left over once each GPU has one more.
class Matching {
 public:
  explicit Matching(const Uuids& visible) : visible_(visible), chosen_(visible.size(), -1) {}

  std::vector<int> run() {
    std::size_t left = 0;
    for (const auto& gpus : visible_) left += gpus.empty() ? 0 : 1;
    while (left > 0) {
      taken_.clear();
      for (std::size_t rank = 0; rank < visible_.size(); ++rank) {
        std::set<std::string> tried;
        if (chosen_[rank] < 0 && find(rank, tried)) --left;
      }
    }
    return chosen_;
  }

 private:
  // Gives the rank a free GPU, if need be by moving ranks that chose in this round.
  bool find(std::size_t rank, std::set<std::string>& tried) {
    for (std::size_t i = 0; i < visible_[rank].size(); ++i) {
      const std::string& gpu = visible_[rank][i];
      if (!tried.insert(gpu).second) continue;
      const auto holder = taken_.find(gpu);
      if (holder != taken_.end() && !find(holder->second, tried)) continue;
      taken_[gpu] = rank;
      chosen_[rank] = static_cast<int>(i);
      return true;
    }
    return false;
  }

  const Uuids& visible_;
  std::vector<int> chosen_;
  std::map<std::string, std::size_t> taken_;  ///< In this round.
};

}  // namespace

std::vector<int> assign_gpus(const Uuids& visible) { return Matching(visible).run(); }

}  // namespace greentrain
