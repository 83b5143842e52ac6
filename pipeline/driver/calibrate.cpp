#include "pipeline/driver/calibrate.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/driver/unit_name.hpp"

namespace vrp {
namespace {

constexpr int kLeastItems = 2;

/// The stages of one model on one set.
class CellCalibration {
 public:
  CellCalibration(const Plan& plan, std::size_t cell, const CalibrationParams& params,
                  const std::function<void(const std::string&)>& say)
      : plan_(plan), cell_(cell), params_(params), say_(say) {
    const auto rows = static_cast<std::int64_t>(plan.tables[plan.cells[cell].table].size());
    items_ = std::min(params.items, plan.limit > 0 ? std::min(rows, plan.limit) : rows);
  }

  Json run() {
    Json stages = Json::object();
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      const StageDefinition& stage = plan_.stages[s];
      const std::string missing = missing_upstream(stage);
      Json entry;
      try {
        entry = missing.empty() ? measure(s)
                                : Json{{"problem", "needs " + missing + ", which has no figure"}};
      } catch (const std::exception& error) {
        entry = {{"problem", error.what()}};
      }
      if (entry.is_null()) continue;  // a stage without units for so few items
      if (entry.contains("problem")) records_.erase(stage.name);
      tell(stage.name, entry);
      stages[stage.name] = entry;
    }
    share_passes(stages);
    const Cell& cell = plan_.cells[cell_];
    return {{"benchmark", cell.benchmark},
            {"items", items_},
            {"load_seconds", load_seconds_},
            {"stages", stages}};
  }

 private:
  struct Made {
    std::int64_t first, last;
    Record record;
  };

  std::string missing_upstream(const StageDefinition& stage) const {
    for (const std::string& name : stage.upstream) {
      const bool planned = std::any_of(plan_.stages.begin(), plan_.stages.end(),
                                       [&](const auto& other) { return other.name == name; });
      if (planned && !records_.contains(name) && !empty_.contains(name)) return name;
    }
    return "";
  }

  Json measure(std::size_t s) {
    const StageDefinition& stage = plan_.stages[s];
    const StageCell* planned = plan_.find(stage.name, cell_);
    const std::string print = planned != nullptr ? planned->fingerprint.hex() : "";
    return stage.whole_cell ? whole(s, print) : unit_by_unit(s, print);
  }

  /// A unit of an item range from `first` on.
  Unit range(std::size_t s, std::int64_t first) const {
    return unit(s, first / params_.unit_items, first, std::min(items_, first + params_.unit_items),
                "");
  }

  Json unit_by_unit(std::size_t s, const std::string& print) {
    const StageDefinition& stage = plan_.stages[s];
    if (stage.needs_model && load_seconds_ < 0) {
      const double begin = steady_seconds();
      const Record unmeasured = unit_record(range(s, 0), items_);
      load_seconds_ = steady_seconds() - begin;
    }
    std::vector<Made>& made = records_[stage.name];
    const double begin = steady_seconds();
    double seconds = 0;
    for (std::int64_t first = 0; first < items_; first += params_.unit_items) {
      const Unit one = range(s, first);
      made.push_back({one.first, one.last, unit_record(one, items_)});
      seconds = steady_seconds() - begin;
      if (seconds > params_.stage_seconds && one.last >= kLeastItems) break;
    }
    const auto units = std::ssize(made);
    const std::int64_t count = made.empty() ? 0 : made.back().last;
    if (stage.needs_model && !loaded_) {
      loaded_ = true;
      // One unit was computed with it: what is left of that time is loading.
      load_seconds_ = std::max(0.0, load_seconds_ - seconds / static_cast<double>(units));
    }
    if (stage.needs_model || stage.upstream.empty()) items_ = std::min(items_, count);
    return figures(print, count, units, seconds, seconds / static_cast<double>(count), 0);
  }

  /// Once with all items, and once with half of them: what does not follow the items shows.
  Json whole(std::size_t s, const std::string& print) {
    const StageDefinition& stage = plan_.stages[s];
    const std::vector<std::string> parts = parts_of(stage, items_);
    if (parts.empty()) {
      empty_.insert(stage.name);
      return nullptr;
    }
    const double seconds = run_parts(s, parts, items_, records_[stage.name]);
    const std::int64_t half = items_ / 2;
    double per_item = seconds / static_cast<double>(items_), fixed = 0;
    if (half >= kLeastItems && parts_of(stage, half) == parts) {
      half_pass_ = true;
      try {
        const double less = run_parts(s, parts, half, half_records_[stage.name]);
        per_item = std::max(0.0, seconds - less) / static_cast<double>(items_ - half);
        fixed = std::max(0.0, seconds - per_item * static_cast<double>(items_));
      } catch (const std::exception&) {
        half_records_.erase(stage.name);  // too few items: in proportion, then
      }
      half_pass_ = false;
    }
    const auto units = std::ssize(parts);
    return figures(print, items_, units, seconds, per_item / static_cast<double>(units),
                   fixed / static_cast<double>(units));
  }

  std::vector<std::string> parts_of(const StageDefinition& stage, std::int64_t items) const {
    return stage.parts ? stage.parts(plan_.cells[cell_], items) : std::vector<std::string>{""};
  }

  /// Seconds of all parts over the first `items`.
  double run_parts(std::size_t s, const std::vector<std::string>& parts, std::int64_t items,
                   std::vector<Made>& made) {
    const double begin = steady_seconds();
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const Unit one = unit(s, static_cast<std::int64_t>(part), 0, items, parts[part]);
      made.push_back({0, items, unit_record(one, items)});
    }
    return steady_seconds() - begin;
  }

  static Json figures(const std::string& print, std::int64_t items, std::int64_t units,
                      double seconds, double per_item, double per_unit) {
    return {{"fingerprint", print},
            {"items", items},
            {"units", units},
            {"seconds", seconds},
            {"seconds_per_item", per_item},
            {"seconds_per_unit", per_unit}};
  }

  Unit unit(std::size_t stage, std::int64_t index, std::int64_t first, std::int64_t last,
            const std::string& part) const {
    Unit out;
    out.stage = stage;
    out.cell = cell_;
    out.index = index;
    out.first = first;
    out.last = last;
    out.part = part;
    out.file = "calibration/" + plan_.stages[stage].name + "/" + unit_name(index, 1, 1);
    return out;
  }

  void each_made(const Unit& unit, const std::string& stage, std::size_t cell,
                 const std::function<void(Record&)>& each) {
    if (cell != cell_) return;
    const auto half = half_records_.find(stage);
    const bool less = half_pass_ && half != half_records_.end();
    for (const Made& made : less ? half->second : records_[stage]) {
      if (made.first >= unit.last || made.last <= unit.first) continue;
      Record copy = made.record;
      each(copy);
    }
  }

  /// `unit` must outlive it.
  UnitInput input_of(const Unit& unit, std::int64_t limit) {
    UnitInput input;
    input.unit = &unit;
    input.cell = &plan_.cells[cell_];
    input.cells = &plan_.cells;
    input.tables = &plan_.tables;
    input.seed = params_.seed;
    input.limit = limit;
    input.each_upstream = [this, &unit](const std::string& stage, std::size_t cell,
                                        const std::function<void(Record&)>& each) {
      each_made(unit, stage, cell, each);
    };
    input.upstream = [this, &unit](const std::string& stage, std::size_t cell) {
      std::vector<Record> parts;
      each_made(unit, stage, cell, [&](Record& record) { parts.push_back(std::move(record)); });
      return concatenate(parts);
    };
    input.advance = [](std::int64_t) {};
    input.stopping = [] { return false; };
    const StageDefinition& stage = plan_.stages[unit.stage];
    if (stage.prepare) input.prepared = stage.prepare(input);
    return input;
  }

  Record unit_record(const Unit& unit, std::int64_t limit) {
    return plan_.stages[unit.stage].run(input_of(unit, limit));
  }

  /// Stages whose units are computed together take less than alone: both figures are scaled to what
  /// the pair takes.
  void share_passes(Json& stages) {
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      const StageDefinition& lead = plan_.stages[s];
      const std::string& other = plan_.stages[plan_.partners[s]].name;
      if (plan_.partners[s] <= s || !lead.run_pair) continue;
      if (!stages.contains(lead.name) || !stages.contains(other)) continue;
      Json &a = stages[lead.name], &b = stages[other];
      if (a.contains("problem") || b.contains("problem")) continue;
      const double alone =
          a["seconds_per_item"].get<double>() + b["seconds_per_item"].get<double>();
      const double begin = steady_seconds();
      for (std::int64_t item = 0; item < items_; item += params_.unit_items) {
        const Unit first = range(s, item), second = range(plan_.partners[s], item);
        UnitInput input = input_of(first, items_);
        UnitInput with = input_of(second, items_);
        lead.run_pair(input, with);
      }
      const double together = (steady_seconds() - begin) / static_cast<double>(items_);
      if (!(together < alone)) continue;
      for (Json* entry : {&a, &b}) {
        entry->at("seconds_per_item") =
            entry->at("seconds_per_item").get<double>() * together / alone;
      }
      char text[96];
      std::snprintf(text, sizeof text, " in one pass: %.3g s an item, apart %.3g s", together,
                    alone);
      say_(plan_.cells[cell_].model + ", " + lead.name + " and " + other + text);
    }
  }

  void tell(const std::string& stage, const Json& entry) const {
    const std::string where = plan_.cells[cell_].model + ", " + stage + ": ";
    if (entry.contains("problem")) {
      say_(where + entry["problem"].get<std::string>());
      return;
    }
    char text[128];
    std::snprintf(text, sizeof text, "%.3g s a unit and %.3g s an item (%lld items, %.3g s)",
                  entry["seconds_per_unit"].get<double>(), entry["seconds_per_item"].get<double>(),
                  static_cast<long long>(entry["items"].get<std::int64_t>()),
                  entry["seconds"].get<double>());
    say_(where + text);
  }

  const Plan& plan_;
  std::size_t cell_;
  const CalibrationParams& params_;
  const std::function<void(const std::string&)>& say_;
  std::int64_t items_ = 0;
  double load_seconds_ = -1;
  bool loaded_ = false;
  std::map<std::string, std::vector<Made>> records_;
  std::map<std::string, std::vector<Made>> half_records_;  ///< of stages of whole cells
  bool half_pass_ = false;
  std::set<std::string> empty_;  ///< stages that have no unit for so few items
};

}  // namespace

Json calibrate(const Plan& plan, const CalibrationParams& params,
               const std::function<void(const std::string&)>& say) {
  std::map<std::string, std::size_t> largest;  // model -> its cell with most items
  std::vector<std::string> models;
  const auto rows = [&](std::size_t cell) { return plan.tables[plan.cells[cell].table].size(); };
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    if (plan.cells[c].pooled()) continue;
    const auto [found, fresh] = largest.try_emplace(plan.cells[c].model, c);
    if (fresh) models.push_back(plan.cells[c].model);
    if (rows(c) > rows(found->second)) found->second = c;
  }
  Json out = {{"version", 1}, {"items", params.items}, {"models", Json::object()}};
  for (const std::string& model : models) {
    out["models"][model] = CellCalibration(plan, largest[model], params, say).run();
  }
  return out;
}

std::int64_t peak_resident_bytes() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("VmHWM:")) continue;
    std::istringstream words(line.substr(6));
    std::int64_t kilobytes = 0;
    words >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

}  // namespace vrp
