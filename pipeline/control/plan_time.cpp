#include "pipeline/control/plan_time.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace vrp {

Calibration read_calibration(const std::filesystem::path& file, const Plan& plan) {
  const std::string where = file.string();
  const Json stored = read_json(file);
  Calibration out;
  out.source = concat("calibration.json of ", json_text(stored, "time", where), " on ",
                      json_text(stored, "host", where), " (", json_text(stored, "device", where),
                      ", ", json_integer(stored, "threads", where), " threads a rank)");
  out.peak_bytes = json_integer(stored, "peak_bytes", where);
  for (const auto& [model, facts] : json_at(stored, "models", where).items()) {
    const std::string benchmark = json_text(facts, "benchmark", where);
    out.load_seconds += std::max(0.0, json_number(facts, "load_seconds", where));
    for (const auto& [stage, entry] : json_at(facts, "stages", where).items()) {
      if (entry.contains("problem")) {
        out.problems.push_back(model + ", " + stage + ": " + json_text(entry, "problem", where));
        continue;
      }
      out.seconds.add(model, stage, 1, json_number(entry, "seconds_per_item", where));
      out.seconds.add_fixed(model, stage, json_number(entry, "seconds_per_unit", where));
      for (const StageCell& stage_cell : plan.stage_cells) {
        const Cell& cell = plan.cells[stage_cell.cell];
        if (plan.stages[stage_cell.stage].name != stage || cell.model != model ||
            cell.benchmark != benchmark)
          continue;
        if (stage_cell.fingerprint.hex() != json_text(entry, "fingerprint", where))
          out.problems.push_back(model + ", " + stage + ": calibrated with other settings");
      }
    }
  }
  return out;
}

PlanTime plan_time(const Plan& plan, const std::vector<bool>& done, const UnitSeconds& seconds,
                   const std::function<double(const Unit&)>& share) {
  PlanTime out;
  std::vector<double> chain(plan.units.size(), 0);  // until the unit ends; upstream ids are lower
  for (const Unit& unit : plan.units) {
    for (const std::size_t up : unit.upstream) chain[unit.id] = std::max(chain[unit.id], chain[up]);
    if (done[unit.id]) continue;
    const std::string& stage = plan.stages[unit.stage].name;
    const double items = static_cast<double>(unit.last - unit.first) * (share ? share(unit) : 1);
    const double expected = seconds.expected(plan.cells[unit.cell].model, stage, items);
    if (expected < 0) {
      if (std::find(out.untimed.begin(), out.untimed.end(), stage) == out.untimed.end())
        out.untimed.push_back(stage);
      continue;
    }
    out.known = true;
    out.rank_seconds += expected;
    chain[unit.id] += expected;
    out.chain_seconds = std::max(out.chain_seconds, chain[unit.id]);
  }
  return out;
}

TimeRange time_on(const PlanTime& time, std::int64_t ranks) {
  const double share = time.rank_seconds / static_cast<double>(ranks);
  const double low = std::max(share, time.chain_seconds);
  // Whoever waits, waits for the chain: the rest of it is work that is shared.
  const double high = share + time.chain_seconds * (1 - 1 / static_cast<double>(ranks));
  return {low, std::max(low, high)};
}

}  // namespace vrp
