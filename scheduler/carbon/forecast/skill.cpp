#include "scheduler/carbon/forecast/skill.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

namespace greentrain {
namespace {

constexpr double kOneSided95 = 1.645;  ///< Quantile of the normal distribution.

/// Carbon per kWh of the reference job, when run at once, when timed, and at best; sums.
struct Timing {
  double at_once{0}, timed{0}, best{0};
};

/// What is added up for one model.
struct Tally {
  double absolute{0}, signed_error{0};
  std::size_t pairs{0};
  std::map<std::chrono::sys_days, Timing> days;
  ConformalBands all, first_half;
  std::map<std::size_t, std::optional<std::pair<double, double>>> first_half_ends;  ///< By lead.
  std::size_t inside{0}, judged{0};
};

class Backtest {
 public:
  Backtest(const std::vector<PublishedValue>& published, const std::vector<ForecastModel>& models,
           const BacktestSettings& settings)
      : published_(published),
        models_(models),
        settings_(settings),
        truth_(learn_all(published)),
        known_(truth_.start(), truth_.step()),
        slots_(static_cast<std::size_t>(settings.horizon / truth_.step())),
        tallies_(models.size()) {
    for (Tally& tally : tallies_) {
      tally.all = tally.first_half = ConformalBands(settings.coverage);
    }
  }

  std::vector<ForecastSkill> run() {
    if (published_.empty()) return {};
    const UtcTime first = published_.front().retrieved_at;
    const UtcTime last = published_.back().retrieved_at;
    const UtcTime middle = first + (last - first) / 2;
    std::size_t learned = 0;
    for (UtcTime now = first + settings_.warm_up; now <= last; now += settings_.every) {
      while (learned < published_.size() && published_[learned].retrieved_at <= now) {
        known_.learn(published_[learned++]);
      }
      judge(std::chrono::floor<std::chrono::hours>(now), now < middle);
    }
    return results();
  }

 private:
  void judge(UtcTime from, bool first_half) {
    std::vector<Prediction> predictions;
    for (const ForecastModel& model : models_) {
      predictions.push_back(model.predict(known_, from, slots_));
    }
    ++forecasts_;
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const auto truth = truth_.at(from + static_cast<std::int64_t>(slot) * truth_.step());
      const bool comparable = truth && std::all_of(predictions.begin(), predictions.end(),
                                                   [&](const Prediction& p) { return p[slot]; });
      if (!comparable) continue;
      for (std::size_t model = 0; model < models_.size(); ++model) {
        add_error(tallies_[model], *predictions[model][slot], *truth, slot, first_half);
      }
    }
    for (std::size_t model = 0; model < models_.size(); ++model) {
      add_timing(tallies_[model], predictions[model], from);
    }
  }

  static void add_error(Tally& tally, double forecast, double truth, std::size_t lead,
                        bool first_half) {
    tally.absolute += std::abs(forecast - truth);
    tally.signed_error += forecast - truth;
    ++tally.pairs;
    tally.all.add(lead, truth - forecast);
    if (first_half) {
      tally.first_half.add(lead, truth - forecast);
      return;
    }
    auto ends = tally.first_half_ends.find(lead);
    if (ends == tally.first_half_ends.end()) {
      ends = tally.first_half_ends.emplace(lead, tally.first_half.errors(lead)).first;
    }
    if (!ends->second) return;
    ++tally.judged;
    const double error = truth - forecast;
    if (error >= ends->second->first && error <= ends->second->second) ++tally.inside;
  }

  /// Runs the reference job where the forecast says, and where the truth says, if all is known.
  void add_timing(Tally& tally, const Prediction& prediction, UtcTime from) const {
    const auto length = static_cast<std::size_t>(settings_.job / truth_.step());
    if (length == 0 || length > slots_) return;
    std::vector<double> truth(slots_);
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const auto value = truth_.at(from + static_cast<std::int64_t>(slot) * truth_.step());
      if (!value || !prediction[slot]) return;
      truth[slot] = *value;
    }
    std::vector<double> forecast(slots_);
    for (std::size_t slot = 0; slot < slots_; ++slot) forecast[slot] = *prediction[slot];
    Timing& day = tally.days[std::chrono::floor<std::chrono::days>(from)];
    day.at_once += window_sum(truth, 0, length);
    day.timed += window_sum(truth, best_start(forecast, length), length);
    day.best += window_sum(truth, best_start(truth, length), length);
  }

  static double window_sum(std::span<const double> values, std::size_t start, std::size_t length) {
    double sum = 0.0;
    for (const double value : values.subspan(start, length)) sum += value;
    return sum;
  }

  /// The first slot of the cheapest window; the earliest of equal ones.
  static std::size_t best_start(std::span<const double> values, std::size_t length) {
    std::size_t best = 0;
    double least = window_sum(values, 0, length);
    for (std::size_t start = 1; start + length <= values.size(); ++start) {
      const double sum = window_sum(values, start, length);
      if (sum < least - 1e-9) {
        least = sum;
        best = start;
      }
    }
    return best;
  }

  std::vector<ForecastSkill> results() const {
    if (tallies_.empty() || tallies_.front().pairs == 0) return {};
    std::vector<ForecastSkill> skills;
    for (std::size_t model = 0; model < models_.size(); ++model) {
      skills.push_back(result(models_[model].name, tallies_[model]));
    }
    for (ForecastSkill& skill : skills) {
      skill.skill_over_persistence = skill_over(skill, skills, "persistence");
      skill.skill_over_seasonal_naive = skill_over(skill, skills, "seasonal-naive");
    }
    return skills;
  }

  static double skill_over(const ForecastSkill& skill, const std::vector<ForecastSkill>& all,
                           const std::string& reference) {
    for (const ForecastSkill& other : all) {
      if (other.model == reference && other.mean_absolute_error.value > 0) {
        return 1 - skill.mean_absolute_error / other.mean_absolute_error;
      }
    }
    return 0;
  }

  ForecastSkill result(const std::string& name, const Tally& tally) const {
    ForecastSkill skill;
    skill.model = name;
    skill.forecasts = forecasts_;
    skill.days = tally.days.size();
    const auto pairs = static_cast<double>(tally.pairs);
    skill.mean_absolute_error = {tally.absolute / pairs};
    skill.bias = {tally.signed_error / pairs};
    if (tally.judged > 0) {
      skill.coverage = static_cast<double>(tally.inside) / static_cast<double>(tally.judged);
    }
    skill.bands = tally.all;
    add_savings(tally, skill);
    return skill;
  }

  /// Shares of the carbon of running at once; the spread is that of whole days, since the windows
  /// of one day overlap.
  static void add_savings(const Tally& tally, ForecastSkill& skill) {
    Timing sum;
    for (const auto& [day, timing] : tally.days) {
      sum.at_once += timing.at_once;
      sum.timed += timing.timed;
      sum.best += timing.best;
    }
    if (sum.at_once <= 0) return;
    const double realised = 1 - sum.timed / sum.at_once;
    double squares = 0.0;
    for (const auto& [day, timing] : tally.days) {
      const double off = timing.at_once - timing.timed - realised * timing.at_once;
      squares += off * off;
    }
    const auto days = static_cast<double>(tally.days.size());
    const double error = days < 2 ? 1.0 : std::sqrt(squares * days / (days - 1)) / sum.at_once;
    skill.possible_saving = {1 - sum.best / sum.at_once};
    skill.realised_saving = {realised};
    skill.realised_at_least = {realised - kOneSided95 * error};
  }

  const std::vector<PublishedValue>& published_;
  const std::vector<ForecastModel>& models_;
  const BacktestSettings& settings_;
  KnownHistory truth_;
  KnownHistory known_;
  std::size_t slots_;
  std::size_t forecasts_{0};
  std::vector<Tally> tallies_;
};

}  // namespace

std::vector<ForecastSkill> backtest(const std::vector<PublishedValue>& published,
                                    const std::vector<ForecastModel>& models,
                                    const BacktestSettings& settings) {
  return Backtest(published, models, settings).run();
}

std::vector<PublishedValue> in_order_of_retrieval(std::vector<PublishedValue> values,
                                                  std::chrono::seconds lag) {
  for (PublishedValue& value : values) {
    const UtcTime end = value.start + value.step;
    if (value.retrieved_at > end + std::chrono::days{1}) value.retrieved_at = end + lag;
  }
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    return std::pair(a.retrieved_at, a.start) < std::pair(b.retrieved_at, b.start);
  });
  return values;
}

}  // namespace greentrain
