#pragma once

#include <cmath>
#include <initializer_list>
#include <random>
#include <vector>

#include "scheduler/plan/plan.h"

namespace greentrain {

inline constexpr UtcTime kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                               std::chrono::hours{12}};

/// Slots of `length` from noon on with these intensities, g/kWh.
inline std::vector<PlanSlot> slots_of(const std::vector<double>& intensities,
                                      std::chrono::seconds length = std::chrono::hours{1}) {
  std::vector<PlanSlot> slots;
  for (const double value : intensities) {
    const auto offset = static_cast<std::int64_t>(slots.size()) * length;
    slots.push_back({kNoon + offset, length, GramsPerKwh{value}});
  }
  return slots;
}

/// A job of 1 kW without a cap, released at noon, with a deadline a day later.
inline Job sample_job(Seconds work, std::vector<Level> levels = {}) {
  if (levels.empty()) levels = {{"full", 1, Watts{1000}, Watts{1000}}};
  Job job;
  job.id = "sample";
  job.release = kNoon;
  job.deadline = kNoon + std::chrono::hours{24};
  job.work = work;
  job.levels = std::move(levels);
  return job;
}

/// Full power, and half of it at 0.7 of the speed.
inline std::vector<Level> two_levels() {
  return {{"full", 1, Watts{1000}, Watts{1000}}, {"half", 0.7, Watts{500}, Watts{1000}}};
}

/// A grid with a daily shape and noise, the same for the same seed; g/kWh.
inline std::vector<double> generated_intensities(std::size_t slots, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> noise(0, 150);
  std::vector<double> values;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const double hour = static_cast<double>(slot) / 4;
    values.push_back(250 + 150 * std::cos(hour * 2 * 3.14159265 / 24) + noise(random));
  }
  return values;
}

}  // namespace greentrain
