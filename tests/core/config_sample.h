#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/collect_options.h"

namespace greentrain {

enum class Flavour { Sweet, Sour, VeryBitter };
template <>
inline constexpr auto enum_names<Flavour> =
    std::array<std::string_view, 3>{"sweet", "sour", "very_bitter"};

struct LimitOptions {
  std::optional<Joules> energy;
  std::optional<Watts> power;
  Fraction share{0.25};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("energy", energy, "Energy that may be spent.", Joules{0}, Joules{1e12});
    visit("power", power, "Power that may be drawn.");
    visit("share", share, "Share of it.", Fraction{0}, Fraction{1});
  }
};

struct BrewOptions {
  bool stir{true};
  std::int64_t cups{2};
  double strength{0.5};
  std::string name{"tea"};
  Flavour flavour{Flavour::Sweet};
  std::chrono::milliseconds time{90'000};
  std::vector<std::int64_t> sizes{3, 4};
  std::vector<std::string> guests;
  LimitOptions limit;

  template <class Visitor>
  void describe(Visitor& visit) {
    using namespace std::chrono_literals;
    visit("stir", stir, "Whether to stir.");
    visit("cups", cups, "How many cups.", 1, 12);
    visit("strength", strength, "How strong.", 0.0, 1.0);
    visit("name", name, "What it is called.");
    visit("flavour", flavour, "How it tastes.");
    visit("time", time, "How long it draws.", 1s, 1h);
    visit("sizes", sizes, "Sizes of the cups.", 1, 99);
    visit("guests", guests, "Who comes.");
    visit("limit", limit, "What it may cost.");
  }
};

struct GridOptions {
  GramsPerKwh intensity{400};

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("intensity", intensity, "Where the power comes from.");
  }
};

/// A small root struct with an option of every type, for the tests of this folder.
struct SampleConfig {
  BrewOptions brew;
  GridOptions grid;

  template <class Visitor>
  void describe(Visitor& visit) {
    visit("brew", brew, "Making tea.");
    visit("grid", grid, "The power socket.");
  }
};

}  // namespace greentrain
