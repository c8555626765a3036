#include <concepts>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "trainer/run/plan_json.h"
#include "trainer/run/run_report.h"

namespace greentrain {
namespace {

using nlohmann::json;

// Each visit lists the fields of one object once, for writing and for reading.

template <class Visitor, class Record>
void visit_result(Visitor& visit, Record& result) {
  visit("test_accuracy", result.test_accuracy);
  visit("test_loss", result.test_loss);
  visit("validation_accuracy", result.validation_accuracy);
  visit("validation_loss", result.validation_loss);
  visit("initial_validation_loss", result.initial_validation_loss);
  visit("test_metrics", result.test_metrics);
  visit("validation_metrics", result.validation_metrics);
  visit("steps", result.steps);
  visit("epochs", result.epochs);
  visit("samples_seen", result.samples_seen);
  visit("stopped_by", result.stopped_by);
  visit("stopping_rule", result.stopping_rule);
  visit("stopping_reason", result.stopping_reason);
  visit("best_step", result.best_step);
  visit("weights", result.weights);
  visit("parameters", result.parameters);
  visit("weights_sha256", result.weights_sha256);
  visit("best_weights_sha256", result.best_weights_sha256);
}

template <class Visitor, class Record>
void visit_carbon(Visitor& visit, Record& carbon) {
  visit("grams", carbon.grams.value);
  visit("grams_lo", carbon.lo.value);
  visit("grams_hi", carbon.hi.value);
  visit("intensity_g_per_kwh", carbon.intensity.value);
  visit("source", carbon.source);
}

template <class Visitor, class Record>
void visit_time(Visitor& visit, Record& time) {
  visit("started_at", time.started_at);
  visit("total_s", time.total);
  visit("to_first_step_s", time.to_first_step);
  visit("train_s", time.train);
  visit("evaluation_s", time.evaluation);
}

template <class Visitor, class Record>
void visit_phases(Visitor& visit, Record& phases) {
  for (int i = 0; i < kPhaseCount; ++i) {
    visit(to_string(static_cast<Phase>(i)), phases[static_cast<std::size_t>(i)]);
  }
}

template <class Visitor, class Record>
void visit_saving(Visitor& visit, Record& saving) {
  visit("steps_avoided", saving.steps_avoided);
  visit("joules_lo", saving.lo.value);
  visit("joules_hi", saving.hi.value);
}

template <class Visitor, class Record>
void visit_target(Visitor& visit, Record& target) {
  visit("metric", target.metric);
  visit("target", target.target);
}

template <class Visitor, class Record>
void visit_reached(Visitor& visit, Record& reached) {
  visit("step", reached.step);
  visit("time_s", reached.time);
}

template <class Visitor, class Record>
void visit_waiting(Visitor& visit, Record& waiting) {
  visit("exchange_s", waiting.all.exchange);
  visit("update_s", waiting.all.update);
  visit("evaluation_s", waiting.all.evaluation);
  visit("share", waiting.share);
  visit("slowest_rank", waiting.slowest_rank);
}

template <class Visitor, class Record>
void visit_wasted(Visitor& visit, Record& wasted) {
  visit("skipped_steps", wasted.skipped);
  visit("undone_steps", wasted.undone);
  visit("rollbacks", wasted.rollbacks);
}

json optional_joules(const std::optional<Joules>& joules) {
  return joules ? json(joules->value) : json();
}

template <class Visitor, class Record>
void visit_data(Visitor& visit, Record& data) {
  visit("waited_s", data.waited);
  visit("waited_share", data.share);
  visit("unreadable", data.unreadable);
  visit("unreadable_names", data.names);
}

template <class Visitor, class Record>
void visit_pruning(Visitor& visit, Record& pruning) {
  visit("method", pruning.method);
  visit("samples_left_out", pruning.samples_left_out);
  visit("left_out_share", pruning.share);
  visit("joules_lo", pruning.lo);
  visit("joules_hi", pruning.hi);
}

template <class Visitor, class Record>
void visit_provenance(Visitor& visit, Record& provenance) {
  visit("greentrain_version", provenance.greentrain_version);
  visit("commit", provenance.commit);
  visit("compiler", provenance.compiler);
  visit("build_type", provenance.build_type);
  visit("torch_version", provenance.torch_version);
  visit("mkl", provenance.mkl);
  visit("mpi", provenance.mpi);
  visit("cpu", provenance.cpu);
  visit("devices", provenance.devices);
  visit("exchange", provenance.exchange);
  visit("ranks", provenance.ranks);
  visit("threads_per_rank", provenance.threads_per_rank);
  visit("hosts", provenance.hosts);
  visit("data_name", provenance.data_name);
  visit("data_sha256", provenance.data_sha256);
  visit("config_sha256", provenance.config_sha256);
  visit("command_line", provenance.command_line);
}

struct Writer {
  json object = json::object();

  template <class T>
  void operator()(const std::string& name, const T& value) {
    object[name] = value;
  }
  void operator()(const std::string& name, Seconds value) { object[name] = value.count(); }
  void operator()(const std::string& name, Joules value) { object[name] = value.value; }
  template <class T>
  void operator()(const std::string& name, const std::optional<T>& value) {
    if (value) return (*this)(name, *value);
    object[name] = nullptr;
  }
};

/// Reads the fields of one object; `path` is its place in the file, for messages.
struct Reader {
  const json& object;
  std::string path;

  template <class T>
  void operator()(const std::string& name, T& value) const {
    read(name, find(name), value);
  }
  template <class T>
  void operator()(const std::string& name, std::optional<T>& value) const {
    const json& found = find(name);
    if (!found.is_null()) read(name, found, value.emplace());
  }

  Reader child(const std::string& name) const {
    const json& found = find(name);
    expect(found.is_object(), name, found, "an object");
    return {found, path + name + "."};
  }
  bool has(const std::string& name) const { return !find(name).is_null(); }

 private:
  const json& find(const std::string& name) const {
    static const json kMissing;
    const auto found = object.find(name);
    return found == object.end() ? kMissing : *found;
  }
  void expect(bool good, const std::string& name, const json& found, const char* what) const {
    if (good) return;
    throw Error(fmt::format("{}{} is {}, expected {}", path, name,
                            found.is_null() ? "missing" : found.dump().substr(0, 40), what));
  }
  void read(const std::string& name, const json& found, std::string& value) const {
    expect(found.is_string(), name, found, "a text");
    value = found;
  }
  void read(const std::string& name, const json& found, double& value) const {
    expect(found.is_number(), name, found, "a number");
    value = found;
  }
  void read(const std::string& name, const json& found, Seconds& value) const {
    double seconds = 0;
    read(name, found, seconds);
    value = Seconds{seconds};
  }
  void read(const std::string& name, const json& found, Joules& value) const {
    read(name, found, value.value);
  }
  void read(const std::string& name, const json& found, std::int64_t& value) const {
    expect(found.is_number_integer(), name, found, "a whole number");
    value = found;
  }
  void read(const std::string& name, const json& found,
            std::map<std::string, double>& value) const {
    if (found.is_null()) return;  // Reports of before there were metrics.
    expect(found.is_object(), name, found, "an object");
    value.clear();
    for (const auto& [key, item] : found.items()) {
      if (!item.is_null()) read(name + "." + key, item, value[key]);
    }
  }
  void read(const std::string& name, const json& found, std::vector<std::string>& value) const {
    expect(found.is_array(), name, found, "a list of texts");
    value.clear();
    for (const json& item : found) read(name, item, value.emplace_back());
  }
};

template <class Visit>
json written(const Visit& visit) {
  Writer writer;
  visit(writer);
  return writer.object;
}

json time_to_json(const RunTime& time) {
  json object = written([&](Writer& writer) { visit_time(writer, time); });
  object["phases_s"] = written([&](Writer& writer) { visit_phases(writer, time.phases); });
  return object;
}

RunTime time_from_json(const Reader& object) {
  RunTime time;
  visit_time(object, time);
  const Reader phases = object.child("phases_s");
  visit_phases(phases, time.phases);
  return time;
}

json target_to_json(const TargetReached& target) {
  json object = written([&](Writer& writer) { visit_target(writer, target); });
  object["reached"] = nullptr;
  if (target.reached) {
    json& reached = object["reached"];
    reached = written([&](Writer& writer) { visit_reached(writer, *target.reached); });
    reached["energy"] = to_json(target.reached->energy);
  }
  return object;
}

TargetReached target_from_json(const Reader& object) {
  TargetReached target;
  visit_target(object, target);
  if (object.has("reached")) {
    const Reader reached = object.child("reached");
    visit_reached(reached, target.reached.emplace());
    target.reached->energy = energy_report_from_json(reached.child("energy").object);
  }
  return target;
}

}  // namespace

json to_json(const RunReport& report) {
  json object{{"schema_version", kRunReportVersion},
              {"name", report.name},
              {"energy", to_json(report.energy)},
              {"time", time_to_json(report.time)}};
  object["result"] = written([&](Writer& writer) { visit_result(writer, report.result); });
  object["provenance"] =
      written([&](Writer& writer) { visit_provenance(writer, report.provenance); });
  object["carbon"] = nullptr;
  if (report.carbon) {
    object["carbon"] = written([&](Writer& writer) { visit_carbon(writer, *report.carbon); });
  }
  object["early_stopping"] = nullptr;
  if (report.early_stopping) {
    object["early_stopping"] =
        written([&](Writer& writer) { visit_saving(writer, *report.early_stopping); });
    object["early_stopping"]["quality"] = to_string(Quality::Estimated);
  }
  object["target"] = report.target ? target_to_json(*report.target) : json();
  object["waiting"] = nullptr;
  if (report.waiting) {
    json& waiting = object["waiting"];
    waiting = written([&](Writer& writer) { visit_waiting(writer, *report.waiting); });
    waiting["joules_lo"] = report.waiting->hi ? json(0.0) : json();
    waiting["joules_hi"] = report.waiting->hi ? json(report.waiting->hi->value) : json();
    waiting["quality"] = to_string(Quality::Estimated);
  }
  object["wasted"] = nullptr;
  if (report.wasted) {
    json& wasted = object["wasted"];
    wasted = written([&](Writer& writer) { visit_wasted(writer, *report.wasted); });
    wasted["joules_lo"] = optional_joules(report.wasted->lo);
    wasted["joules_hi"] = optional_joules(report.wasted->hi);
    wasted["quality"] = to_string(Quality::Estimated);
  }
  object["data"] = nullptr;
  if (report.data) {
    object["data"] = written([&](Writer& writer) { visit_data(writer, *report.data); });
  }
  object["pruning"] = nullptr;
  if (report.pruning) {
    object["pruning"] = written([&](Writer& writer) { visit_pruning(writer, *report.pruning); });
    object["pruning"]["quality"] = to_string(Quality::Estimated);
  }
  object["plan"] = report.plan ? to_json(*report.plan) : json();
  return object;
}

RunReport run_report_from_json(const json& json) {
  if (!json.is_object()) throw Error("the report of a run is not a JSON object");
  const Reader object{json, ""};
  std::int64_t version = 0;
  object("schema_version", version);
  if (version != kRunReportVersion) {
    throw Error(fmt::format("schema_version is {}, expected {}: use the greentrain that wrote it",
                            version, kRunReportVersion));
  }
  RunReport report;
  object("name", report.name);
  const Reader result = object.child("result");
  visit_result(result, report.result);
  report.energy = energy_report_from_json(object.child("energy").object);
  if (object.has("carbon")) {
    const Reader carbon = object.child("carbon");
    visit_carbon(carbon, report.carbon.emplace());
  }
  report.time = time_from_json(object.child("time"));
  if (object.has("early_stopping")) {
    const Reader saving = object.child("early_stopping");
    visit_saving(saving, report.early_stopping.emplace());
  }
  if (object.has("target")) report.target = target_from_json(object.child("target"));
  if (object.has("waiting")) {
    const Reader waiting = object.child("waiting");
    visit_waiting(waiting, report.waiting.emplace());
    std::optional<double> hi;
    waiting("joules_hi", hi);
    if (hi) report.waiting->hi = Joules{*hi};
  }
  if (object.has("wasted")) {
    const Reader wasted = object.child("wasted");
    visit_wasted(wasted, report.wasted.emplace());
    std::optional<double> lo;
    std::optional<double> hi;
    wasted("joules_lo", lo);
    wasted("joules_hi", hi);
    if (lo) report.wasted->lo = Joules{*lo};
    if (hi) report.wasted->hi = Joules{*hi};
  }
  if (object.has("data")) {
    const Reader data = object.child("data");
    visit_data(data, report.data.emplace());
  }
  if (object.has("pruning")) {
    const Reader pruning = object.child("pruning");
    visit_pruning(pruning, report.pruning.emplace());
  }
  if (object.has("plan")) report.plan = plan_outcome_from_json(object.child("plan").object);
  const Reader provenance = object.child("provenance");
  visit_provenance(provenance, report.provenance);
  return report;
}

}  // namespace greentrain
