#include "pipeline/control/plan_text.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {

std::string columns_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(width[i] - row[i].size() + 2, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string plan_text(const Sweep& sweep, const Plan& plan, const std::vector<bool>& done,
                      const std::vector<StageSize>& sizes) {
  std::vector<std::vector<std::string>> rows{
      {"model", "benchmark", "stage", "items", "units", "done", "arrays", "fingerprint"}};
  std::size_t missing = 0;
  for (std::size_t s = 0; s < plan.stage_cells.size(); ++s) {
    const StageCell& stage_cell = plan.stage_cells[s];
    const Cell& cell = plan.cells[stage_cell.cell];
    std::int64_t items = 0;
    std::size_t finished = 0;
    for (const std::size_t id : stage_cell.units) {
      items += plan.units[id].last - plan.units[id].first;
      finished += done[id] ? 1 : 0;
    }
    missing += stage_cell.units.size() - finished;
    const std::string& stage = plan.stages[stage_cell.stage].name;
    rows.push_back({cell.model, cell.benchmark, stage, std::to_string(items),
                    std::to_string(stage_cell.units.size()), std::to_string(finished),
                    size_text(sizes.at(s)), stage_cell.fingerprint.hex()});
  }
  return concat("sweep ", sweep.params.name, ", seed ", sweep.params.seed,
                plan.partial() ? concat(", PARTIAL: --limit ", plan.limit) : "", "\n",
                columns_text(rows), plan.units.size(), " units, ", missing, " to do\n");
}

}  // namespace vrp
