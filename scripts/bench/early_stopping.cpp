// Run by early_stopping.sh: what the marginal rule and patience give away at equal saving, on
// generated and on recorded learning curves. docs/measurements.md says what each RESULT means.
#include "trainer/stopping/early_stopping.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <random>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"

namespace greentrain {
namespace {

constexpr int kCurves = 400;
constexpr int kChecks = 100;
const std::vector<std::int64_t> kPatiences{3, 5, 10};

/// One run to its planned end. What a check is worth may be known better than its noisy value.
struct Curve {
  std::vector<Check> checks;  ///< As a rule sees them.
  std::vector<double> worth;  ///< The loss that the weights of a check really have.
};

/// y(t) = c + a t^-alpha at t = 1 ... 100, each parameter uniform: c in 0.2 to 1, a in 0.5 to 2,
/// alpha in 0.3 to 1.5; seen through Gaussian noise.
std::vector<Curve> generated_curves(unsigned seed, double noise) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  std::vector<Curve> curves(kCurves);
  for (Curve& curve : curves) {
    const double c = 0.2 + 0.8 * uniform(random);
    const double a = 0.5 + 1.5 * uniform(random);
    const double alpha = 0.3 + 1.2 * uniform(random);
    for (int t = 1; t <= kChecks; ++t) {
      curve.worth.push_back(c + a * std::pow(t, -alpha));
      curve.checks.push_back({t, kChecks, curve.worth.back() + noise * normal(random), {}});
    }
  }
  return curves;
}

/// Rows "run,step,validation_loss,joules" under a header, as record_curves.py writes them.
std::vector<Curve> recorded_curves(const std::filesystem::path& path) {
  std::istringstream lines(read_file(path));
  std::string line;
  std::getline(lines, line);
  std::vector<Curve> curves;
  std::string previous;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string run, step, loss, joules;
    std::getline(std::getline(std::getline(std::getline(fields, run, ','), step, ','), loss, ','),
                 joules);
    if (run != previous || curves.empty()) curves.emplace_back();
    previous = run;
    curves.back().worth.push_back(std::stod(loss));
    curves.back().checks.push_back(
        {std::stoll(step), 0, std::stod(loss), Joules{std::stod(joules)}});
  }
  for (Curve& curve : curves) {
    for (Check& check : curve.checks) check.planned_steps = curve.checks.back().step;
  }
  if (curves.empty()) throw UsageError(path.string() + ": holds no curves");
  return curves;
}

/// How many checks of a curve a rule makes.
std::size_t checks_made(const EarlyStoppingOptions& options, const Curve& curve) {
  EarlyStopping stopping(options, {"validation_loss", false});
  for (std::size_t i = 0; i < curve.checks.size(); ++i) {
    stopping.observe(curve.checks[i]);
    if (stopping.stop()) return i + 1;
  }
  return curve.checks.size();
}

struct Score {
  double saved{0};  ///< Mean share of the steps that were not made.
  double mean{0};   ///< Regret: how much worse the kept weights are than the whole run's, relative.
  double worst{0};  ///< Its 95th percentile over the curves.
};

double percentile_95(std::vector<double> values) {
  std::ranges::sort(values);
  const double position = 0.95 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

/// `made`: how many checks the rule made of each curve.
Score score(const std::vector<Curve>& curves, const std::vector<std::size_t>& made) {
  Score score;
  std::vector<double> regrets;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto& checks = curves[i].checks;
    // The weights that are kept are those of the lowest loss that was seen.
    const auto kept = [&](std::size_t count) {
      const auto end = checks.begin() + static_cast<std::ptrdiff_t>(count);
      const auto best = std::min_element(
          checks.begin(), end, [](const Check& a, const Check& b) { return a.metric < b.metric; });
      return curves[i].worth[static_cast<std::size_t>(best - checks.begin())];
    };
    const double of_all = kept(checks.size());
    regrets.push_back((kept(made[i]) - of_all) / of_all);
    score.mean += regrets.back() / static_cast<double>(curves.size());
    const double steps = static_cast<double>(checks[made[i] - 1].step);
    score.saved +=
        (1 - steps / static_cast<double>(checks.back().step)) / static_cast<double>(curves.size());
  }
  score.worst = percentile_95(regrets);
  return score;
}

Score score_of(const EarlyStoppingOptions& options, const std::vector<Curve>& curves) {
  std::vector<std::size_t> made;
  for (const Curve& curve : curves) made.push_back(checks_made(options, curve));
  return score(curves, made);
}

EarlyStoppingOptions patience(std::int64_t checks) {
  EarlyStoppingOptions options;
  options.patience = checks;
  return options;
}

EarlyStoppingOptions marginal(double rate) {
  EarlyStoppingOptions options = patience(0);
  options.marginal.rate = rate;
  return options;
}

/// The rates that the marginal rule sees along each curve; they do not depend on its threshold.
std::vector<std::vector<double>> rates_along(const std::vector<Curve>& curves) {
  std::vector<std::vector<double>> rates;
  for (const Curve& curve : curves) {
    MarginalRule rule(marginal(1).marginal);
    auto& along = rates.emplace_back();
    for (const Check& check : curve.checks) {
      const auto forecast = rule.observe(check);
      along.push_back(forecast ? forecast->rate() : HUGE_VAL);
    }
  }
  return rates;
}

/// The lowest rate at which the marginal rule saves at least so much.
double rate_that_saves(double saved, const std::vector<Curve>& curves,
                       const std::vector<std::vector<double>>& rates) {
  const auto confirm = static_cast<std::ptrdiff_t>(marginal(1).marginal.confirm);
  const auto saves = [&](double rate) {
    std::vector<std::size_t> made;
    for (const auto& along : rates) {
      const auto low = std::search_n(along.begin(), along.end(), confirm, rate, std::less<>());
      const auto stop = low == along.end() ? along.end() : low + confirm;
      made.push_back(static_cast<std::size_t>(stop - along.begin()));
    }
    return score(curves, made).saved >= saved;
  };
  double low = 1e-6;
  double high = 1e4;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (saves(middle) ? high : low) = middle;
  }
  return high;
}

/// Prints a table; returns the worst ratio of the regrets' 95th percentiles, ours to patience's.
double compare(const std::vector<Curve>& curves) {
  const auto rates = rates_along(curves);
  double worst = 0;
  for (const std::int64_t checks : kPatiences) {
    const Score theirs = score_of(patience(checks), curves);
    const double rate = rate_that_saves(theirs.saved, curves, rates);
    const Score ours = score_of(marginal(rate), curves);
    // Where both give away nothing, there is nothing to compare.
    const double ratio = ours.worst == theirs.worst ? 1 : ours.worst / theirs.worst;
    worst = std::max(worst, ratio);
    fmt::print(
        "  patience {:2}: saved {:5.1f} %, regret mean {:6.2f} %, 95th {:6.2f} %;  marginal "
        "{:.3f}: "
        "saved {:5.1f} %, regret mean {:6.2f} %, 95th {:6.2f} %;  ratio {:.3f}\n",
        checks, 100 * theirs.saved, 100 * theirs.mean, 100 * theirs.worst, rate, 100 * ours.saved,
        100 * ours.mean, 100 * ours.worst, ratio);
    if (ours.saved < theirs.saved) throw Error("the marginal rule saved less than patience did");
  }
  return worst;
}

int run(int argc, char** argv) {
  CLI::App app("Early stopping: the marginal rule next to patience, at equal saving.");
  unsigned seed = 1;
  std::vector<std::string> recorded;
  app.add_option("--seed", seed, "Of the generated curves.");
  app.add_option("--curves", recorded, "Files of recorded curves.");
  CLI11_PARSE(app, argc, argv);
  std::vector<std::pair<std::string, double>> results;
  for (const double noise : {0.002, 0.01, 0.03}) {
    fmt::print("{} generated curves, noise {}:\n", kCurves, noise);
    results.emplace_back(fmt::format("{}", noise), compare(generated_curves(seed, noise)));
  }
  for (const std::string& path : recorded) {
    const auto curves = recorded_curves(path);
    fmt::print("{}: {} runs\n", path, curves.size());
    results.emplace_back(std::filesystem::path(path).stem().string(), compare(curves));
  }
  for (const auto& [name, ratio] : results) {
    fmt::print("RESULT es_regret_ratio_{}={:.3f} ratio\n", name, ratio);
  }
  return 0;
}

}  // namespace
}  // namespace greentrain

int main(int argc, char** argv) {
  try {
    return greentrain::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "early_stopping_bench: " << error.what() << "\n";
    return 1;
  }
}
