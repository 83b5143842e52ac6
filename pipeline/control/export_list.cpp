#include "pipeline/control/export_list.hpp"

#include <algorithm>
#include <ostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/plan_text.hpp"

namespace vrp {
namespace {

constexpr std::size_t kDescription = 60;

/// "layer 32 x head 8"; the extents of all cells where they differ, "?" where they differ by item.
std::string shape_text(const std::vector<const ExportField*>& fields) {
  std::vector<std::string> parts;
  const std::vector<std::string> dims = fields.front()->item_dims();
  for (std::size_t d = 0; d < dims.size(); ++d) {
    std::vector<std::string> extents;
    for (const ExportField* field : fields) {
      const std::vector<std::int64_t> shape = field->item_shape();
      const std::string extent = d >= shape.size() || shape[d] < 0 ? "?" : std::to_string(shape[d]);
      if (std::find(extents.begin(), extents.end(), extent) == extents.end())
        extents.push_back(extent);
    }
    parts.push_back(dims[d] + " " + join(extents, "|"));
  }
  return join(parts, " x ");
}

/// Fields of one name over the cells, names in the order in which they are met.
std::vector<std::vector<const ExportField*>> by_name(const std::vector<ListedCell>& cells,
                                                     bool signals) {
  std::vector<std::vector<const ExportField*>> out;
  for (const ListedCell& cell : cells)
    for (const ExportField& field : cell.fields.fields) {
      if (field.signal != signals) continue;
      auto known = std::find_if(out.begin(), out.end(),
                                [&](const auto& fields) { return fields[0]->name == field.name; });
      if (known == out.end()) known = out.insert(out.end(), std::vector<const ExportField*>());
      known->push_back(&field);
    }
  return out;
}

}  // namespace

void print_export_list(std::ostream& out, const std::vector<ListedCell>& cells) {
  std::vector<std::vector<std::string>> rows{{"model", "benchmark", "items", "units", "scorers"}};
  for (const ListedCell& cell : cells) {
    std::string scorers = join(cell.scorers, ", ");
    rows.push_back({cell.work->model, cell.work->benchmark, std::to_string(cell.items),
                    concat(cell.progress.finished, " of ", cell.progress.units,
                           cell.progress.partial() ? " PARTIAL" : ""),
                    scorers.empty() ? "none" : scorers});
  }
  out << "Cells (scorers for --scorer and --labels, the primary one first)\n"
      << columns_text(rows) << "\nSignals: one number an item\n";
  rows = {{"name", "units", "orientation", "stage", "description"}};
  for (const auto& fields : by_name(cells, true)) {
    const ExportField& field = *fields.front();
    rows.push_back({field.name, field.array.units,
                    field.orientation() > 0 ? "+1" : std::to_string(field.orientation()),
                    field.stage, excerpt(field.array.description, kDescription)});
  }
  out << columns_text(rows) << "\nArrays of an item, exported when named (* = large)\n";
  rows = {{"name", "units", "shape", "stage", "description"}};
  for (const auto& fields : by_name(cells, false)) {
    const ExportField& field = *fields.front();
    rows.push_back({field.name + (field.large() ? " *" : ""), field.array.units, shape_text(fields),
                    field.stage, excerpt(field.array.description, kDescription)});
  }
  out << columns_text(rows)
      << "\nAlso: --answers, --questions, --paths (sampled answers), --labels SCORER...\n";
}

}  // namespace vrp
