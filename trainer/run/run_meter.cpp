#include "trainer/run/run_meter.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "comm/launch.h"
#include "comm/rank_errors.h"
#include "core/error.h"
#include "meter/small_file.h"

namespace greentrain {
namespace {

/// "nvml:GPU-6f2a...": the same GPU wherever it is seen from. Other ids are a machine's own.
bool names_one_device(const std::string& sensor) { return sensor.rfind("nvml:", 0) == 0; }

std::string boot_of(const MachineTree& machine) {
  return read_small_file(machine.proc / "sys/kernel/random/boot_id").value_or(host_name());
}

}  // namespace

RunMeter::RunMeter(Communicator& comm, const MeterOptions& options, const MachineTree& machine,
                   const PhaseTimer& phases, const Clock& clock)
    : comm_(comm), options_(options), machine_(machine), clock_(clock), started_(clock.now()) {
  present_.started_at = Seconds(clock.date().time_since_epoch()).count();
  choose_machines(machine);
  SensorSet sensors;
  std::optional<std::string> problem;
  try {
    if (meters_) sensors = make_sensors(options, clock, machine);
  } catch (const UsageError& error) {
    problem = error.what();
  } catch (const std::exception& error) {  // Training goes on without.
    sensors = {};
    sensors.node = host_name();
    sensors.notes.push_back(std::string("no sensor could be opened: ") + error.what());
  }
  throw_if_any_failed(comm_, problem, ExitCode::Usage);
  sensors = drop_claimed(std::move(sensors));
  if (meters_) {
    node_ = sensors.node;
    meter_ = std::make_unique<EnergyMeter>(std::move(sensors), options, phases, clock);
    meter_->start();
    times_at_start_ = cpu_times(machine_);
  }
  throw_if_any_failed(comm_, problem_at_start(), ExitCode::Usage);
}

void RunMeter::choose_machines(const MachineTree& machine) {
  // Virtual machines that went on from one snapshot show the same boot id.
  const std::string mine = boot_of(machine) + " " + host_name();
  const auto all = all_gather_text(comm_, mine);
  meters_ = std::find(all.begin(), all.end(), mine) - all.begin() == comm_.rank();
}

/// Of two ranks that see one GPU, the lower one owns it.
SensorSet RunMeter::drop_claimed(SensorSet sensors) {
  std::string mine;
  for (const auto& sensor : sensors.sensors) {
    if (names_one_device(sensor->info().id)) mine += sensor->info().id + "\n";
  }
  const auto all = all_gather_text(comm_, mine);
  std::set<std::string> claimed;
  for (int rank = 0; rank < comm_.rank(); ++rank) {
    std::istringstream lines(all[static_cast<std::size_t>(rank)]);
    for (std::string id; std::getline(lines, id);) claimed.insert(id);
  }
  std::erase_if(sensors.sensors, [&](const auto& sensor) {
    const std::string& id = sensor->info().id;
    if (claimed.count(id) == 0) return false;
    sensors.left_out.push_back(id + ": another machine of the run meters it");
    return true;
  });
  return sensors;
}

std::optional<std::string> RunMeter::problem_at_start() const {
  if (!options_.required || !meter_) return std::nullopt;
  const auto lost = meter_->lost_sensor();
  if (!lost) return std::nullopt;
  return "meter.required is set, and " + *lost +
         "; greenmeter doctor says why, or set meter.required: false";
}

void RunMeter::keep_journal(const std::filesystem::path& run_directory, const std::string& name,
                            std::int64_t first_step) {
  const std::filesystem::path folder = run_directory / "energy";
  present_.first_step = first_step;
  if (comm_.rank() == 0) {
    // Before any rank has its own open: SQLite files must not be open on two machines at once.
    earlier_ = read_journals(folder, journal_problems_);
    for (const SegmentHistory& history : earlier_) {
      present_.number = std::max(present_.number, history.segment.attempt + 1);
    }
  }
  present_.number = std::stoll(broadcast_text(comm_, std::to_string(present_.number), 0));
  if (!meter_) return;
  JournalSegment segment = new_segment(node_, machine_.proc, clock_);
  segment.label = name;
  segment.attempt = present_.number;
  segment.first_step = first_step;
  const std::string file = journal_name(node_, machine_.proc);
  journal_ = std::make_unique<JournalKeeper>(*meter_, folder / file, std::move(segment), clock_,
                                             options_.journal_period);
  journal_->note(RecordReason::Interval);
}

void RunMeter::step_done(std::int64_t step) {
  if (journal_) journal_->step_done(step);
}

void RunMeter::note(RecordReason reason) {
  if (journal_) journal_->note(reason);
}

EnergyReport RunMeter::own_report(const std::set<std::string>& gpus) {
  EnergyReport report = meter_->stop();
  std::optional<Calibration> calibration;
  try {
    if (!machine_.calibration.empty()) calibration = load_calibration(machine_.calibration, node_);
  } catch (const Error& error) {  // The run has been: its figures are worth more than these.
    report.notes.emplace_back(error.what());
  }
  report.job = job_share(report, between(times_at_start_, cpu_times(machine_)), gpus, calibration,
                         clock_.now() - started_);
  if (!journal_) return report;
  journal_->end(report);
  if (const auto problem = journal_->problem()) report.notes.push_back(*problem);
  return report;
}

EnergyReport RunMeter::stop() {
  const bool failed = meter_ && meter_->failed();
  const std::string why = failed ? meter_->lost_sensor().value_or("a sensor fails") : "";
  for (const std::string& text : all_gather_text(comm_, why)) {
    if (!text.empty() && !failure_) failure_ = "meter.required is set, and " + text;
  }
  std::set<std::string> gpus;
  for (const std::string& uuid : all_gather_text(comm_, gpu_)) {
    if (!uuid.empty()) gpus.insert(uuid);
  }
  const std::string mine = meter_ ? to_json(own_report(gpus)).dump() : "";
  std::vector<EnergyReport> nodes;
  for (const std::string& text : all_gather_text(comm_, mine)) {
    if (!text.empty()) nodes.push_back(energy_report_from_json(nlohmann::json::parse(text)));
  }
  present_.energy = {merge(nodes), clock_.now() - started_};
  EnergyReport whole = whole_run(earlier_, present_);
  for (const std::string& problem : journal_problems_) whole.notes.push_back(problem);
  return whole;
}

}  // namespace greentrain
