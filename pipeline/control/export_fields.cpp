#include "pipeline/control/export_fields.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce/columns_join.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

/// Arrays that every row has in columns of their own.
bool is_identity(const std::string& stage, const std::string& name) {
  return name == "item/key" || name == "item/id" || name == "item/group" || name == "item/type" ||
         name == "item/status" || name == "item/reason" ||
         (stage == "capture" && name == "answer/text") || name.starts_with("label");
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// The fields of one stage's arrays.
void add_fields(const std::string& stage, const std::vector<Array>& arrays,
                std::vector<ExportField>& out) {
  std::map<std::string, std::string> offsets;  // ragged dimension -> path of its offsets
  for (const Array& array : arrays)
    if (const std::string dim = array_attribute(array, "ragged_dim"); !dim.empty())
      offsets[dim] = array.name;
  for (const Array& array : arrays) {
    if (is_identity(stage, array.name) || !array_attribute(array, "ragged_dim").empty()) continue;
    ExportField field;
    field.stage = stage;
    field.array = array;
    for (const std::string& dim : array.dims)
      if (const auto found = offsets.find(dim); found != offsets.end()) {
        field.ragged_dim = dim;
        field.offsets = found->second;
      }
    const bool of_items =
        !field.ragged_dim.empty() ||
        std::find(array.dims.begin(), array.dims.end(), "item") != array.dims.end();
    if (!of_items) continue;
    field.signal = array_attribute(array, "role") == "signal" && array.dims.size() == 1 &&
                   array.dims.front() == "item";
    out.push_back(std::move(field));
  }
}

}  // namespace

bool ExportField::text() const {
  return std::holds_alternative<std::vector<std::string>>(array.data);
}

std::vector<std::string> ExportField::item_dims() const {
  std::vector<std::string> out;
  for (const std::string& dim : array.dims)
    if (dim != "item") out.push_back(dim);
  return out;
}

std::vector<std::int64_t> ExportField::item_shape() const {
  std::vector<std::int64_t> out;
  for (std::size_t d = 0; d < array.dims.size(); ++d)
    if (array.dims[d] != "item") out.push_back(array.dims[d] == ragged_dim ? -1 : array.shape[d]);
  return out;
}

int ExportField::orientation() const {
  const std::string text = array_attribute(array, "orientation");
  return text == "1" || text == "+1" ? 1 : text == "-1" ? -1 : 0;
}

bool ExportField::large() const {
  return array.name.starts_with("hidden/") || array.name.starts_with("attention/map") ||
         array.name == "attention/head_map" || array.name.starts_with("head/");
}

const ExportField* CellFields::find(const std::string& name) const {
  for (const ExportField& field : fields)
    if (field.name == name || field.array.name == name) return &field;
  return nullptr;
}

const std::vector<std::string>& export_stages() {
  static const std::vector<std::string> stages{"capture", "metrics", "consistency", "probes",
                                               "interventions"};
  return stages;
}

CellFields fields_of(const StoredRun& run, const CellWork& cell) {
  CellFields out;
  for (const std::string& stage : export_stages()) {
    const auto work = cell.stages.find(stage);
    if (work == cell.stages.end()) continue;
    for (const std::string& name : work->second.files) {
      if (!fs::exists(run.root() / name)) continue;
      add_fields(stage, list_arrays(run.root() / name), out.fields);
      break;
    }
  }
  // Signals are named among themselves, as in the tables; arrays take what is left.
  // Two stages may hold a dataset of one path: those are told apart by the stage.
  std::map<std::string, int> signals, arrays, paths;
  for (const ExportField& field : out.fields) {
    ++(field.signal ? signals : arrays)[last_part(field.array.name)];
    ++paths[field.array.name];
  }
  for (ExportField& field : out.fields) {
    const std::string name = last_part(field.array.name);
    const bool is_short =
        field.signal ? signals[name] == 1 : arrays[name] == 1 && !signals.contains(name);
    field.name = is_short                       ? name
                 : paths[field.array.name] == 1 ? field.array.name
                                                : field.stage + ":" + field.array.name;
    if (field.array.name == "item/prompt_tokens") field.name = "control/prompt_tokens";
  }
  std::stable_sort(out.fields.begin(), out.fields.end(),
                   [](const ExportField& a, const ExportField& b) {
                     if (a.signal != b.signal) return a.signal;
                     return a.signal ? a.name < b.name : a.array.name < b.array.name;
                   });
  return out;
}

}  // namespace vrp
