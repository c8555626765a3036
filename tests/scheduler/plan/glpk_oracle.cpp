#include "tests/scheduler/plan/glpk_oracle.h"

#include <algorithm>
#include <glpk.h>
#include <memory>

namespace greentrain {
namespace {

/// One linear row: sum of terms between two bounds.
struct Row {
  std::vector<int> columns{0};  // GLPK counts from 1.
  std::vector<double> factors{0};

  Row& add(int column, double factor) {
    const auto found = std::find(columns.begin() + 1, columns.end(), column);
    if (found != columns.end()) {
      factors[static_cast<std::size_t>(found - columns.begin())] += factor;
      return *this;
    }
    columns.push_back(column);
    factors.push_back(factor);
    return *this;
  }
};

class Program {
 public:
  Program() : problem_(glp_create_prob(), glp_delete_prob) {
    glp_set_obj_dir(problem_.get(), GLP_MIN);
  }

  int binary(double cost) {
    const int column = continuous(cost, 1);
    glp_set_col_kind(problem_.get(), column, GLP_BV);
    return column;
  }
  int continuous(double cost, double most) {
    const int column = glp_add_cols(problem_.get(), 1);
    glp_set_col_bnds(problem_.get(), column, GLP_DB, 0, most);
    glp_set_obj_coef(problem_.get(), column, cost);
    return column;
  }
  void at_most(const Row& row, double bound) { add(row, GLP_UP, bound); }
  void at_least(const Row& row, double bound) { add(row, GLP_LO, bound); }
  void equal(const Row& row, double value) { add(row, GLP_FX, value); }

  std::optional<double> minimum() {
    glp_term_out(GLP_OFF);
    glp_iocp settings;
    glp_init_iocp(&settings);
    settings.presolve = GLP_ON;
    settings.mip_gap = 0;
    if (glp_intopt(problem_.get(), &settings) != 0) return std::nullopt;
    if (glp_mip_status(problem_.get()) != GLP_OPT) return std::nullopt;
    return glp_mip_obj_val(problem_.get());
  }

 private:
  void add(const Row& row, int kind, double bound) {
    const int number = glp_add_rows(problem_.get(), 1);
    glp_set_row_bnds(problem_.get(), number, kind, bound, bound);
    glp_set_mat_row(problem_.get(), number, static_cast<int>(row.columns.size()) - 1,
                    row.columns.data(), row.factors.data());
  }

  std::unique_ptr<glp_prob, void (*)(glp_prob*)> problem_;
};

/// The columns of one slot, one per level in each.
struct SlotColumns {
  std::vector<int> go_on;      ///< Runs through the slot, as it did in the slot before.
  std::vector<int> start;      ///< Starts up, then runs to the end of the slot.
  std::vector<int> go_end;     ///< Goes on, and ends within the slot.
  std::vector<int> start_end;  ///< Starts up, and ends within the slot.
  std::vector<int> time;       ///< Seconds that the last slot runs.
  int started;                 ///< In this slot or before.
  int paused;
  int saves;  ///< A pause begins.
};

void sum(Row& row, const std::vector<int>& columns, double factor) {
  for (const int column : columns) row.add(column, factor);
}
void add_on(Row& row, const SlotColumns& slot, double factor) {
  for (const auto* columns : {&slot.go_on, &slot.start, &slot.go_end, &slot.start_end}) {
    sum(row, *columns, factor);
  }
}
void add_end(Row& row, const SlotColumns& slot, double factor) {
  sum(row, slot.go_end, factor);
  sum(row, slot.start_end, factor);
}

SlotColumns make_columns(Program& program, const Job& job, const PlanSlot& slot) {
  const double grams_per_joule = slot.intensity.value / 3.6e6;
  const double length = static_cast<double>(slot.length.count());
  const double startup = job.startup.count();
  SlotColumns columns{};
  for (const Level& level : job.levels) {
    const double running = level.power.value * grams_per_joule;
    const double starting = startup * level.startup_power.value * grams_per_joule;
    columns.go_on.push_back(program.binary(running * length));
    columns.start.push_back(program.binary(starting + running * (length - startup)));
    columns.go_end.push_back(program.binary(0));
    columns.start_end.push_back(program.binary(starting));
    columns.time.push_back(program.continuous(running, length));
  }
  const double paused = job.paused_power.value * grams_per_joule;
  const double saving = job.levels.front().startup_power.value * grams_per_joule;
  columns.started = program.binary(0);
  columns.paused = program.binary(paused * length);
  columns.saves = program.binary((saving - paused) * job.checkpoint.count());
  return columns;
}

void bind_slot(Program& program, const Job& job, const std::vector<PlanSlot>& slots,
               const std::vector<SlotColumns>& columns, std::size_t at) {
  const SlotColumns& now = columns[at];
  const double length = static_cast<double>(slots[at].length.count());
  Row once;  // One thing in a slot, and nothing after the end.
  add_on(once, now, 1);
  for (std::size_t before = 0; before < at; ++before) add_end(once, columns[before], 1);
  program.at_most(once, 1);
  Row goes_on;  // Only what ran in the slot before.
  sum(goes_on, now.go_on, 1);
  sum(goes_on, now.go_end, 1);
  if (at > 0) add_on(goes_on, columns[at - 1], -1);
  program.at_most(goes_on, 0);
  for (std::size_t level = 0; level < job.levels.size(); ++level) {
    Row used;
    used.add(now.time[level], 1).add(now.go_end[level], -length);
    used.add(now.start_end[level], -(length - job.startup.count()));
    program.at_most(used, 0);
  }
  Row started;
  started.add(now.started, 1);
  add_on(started, now, -1);
  program.at_least(started, 0);
  Row rests;  // paused >= started - on - ended.
  rests.add(now.paused, 1).add(now.started, -1);
  add_on(rests, now, 1);
  for (std::size_t before = 0; before < at; ++before) add_end(rests, columns[before], 1);
  program.at_least(rests, 0);
  if (at == 0) return;
  Row stays;
  stays.add(now.started, 1).add(columns[at - 1].started, -1);
  program.at_least(stays, 0);
  Row saves;  // saves >= on before - on - ended.
  saves.add(now.saves, 1);
  add_on(saves, columns[at - 1], -1);
  add_on(saves, now, 1);
  for (std::size_t before = 0; before < at; ++before) add_end(saves, columns[before], 1);
  program.at_least(saves, 0);
}

}  // namespace

std::optional<double> least_cost(const Job& job, const std::vector<PlanSlot>& slots) {
  Program program;
  std::vector<SlotColumns> columns;
  for (const PlanSlot& slot : slots) columns.push_back(make_columns(program, job, slot));
  Row work;
  Row ends;
  for (std::size_t at = 0; at < slots.size(); ++at) {
    bind_slot(program, job, slots, columns, at);
    const double length = static_cast<double>(slots[at].length.count());
    for (std::size_t level = 0; level < job.levels.size(); ++level) {
      const double speed = job.levels[level].speed;
      work.add(columns[at].go_on[level], speed * length);
      work.add(columns[at].start[level], speed * (length - job.startup.count()));
      work.add(columns[at].time[level], speed);
    }
    add_end(ends, columns[at], 1);
  }
  program.at_least(work, job.work.count());
  program.equal(ends, 1);
  return program.minimum();
}

}  // namespace greentrain
