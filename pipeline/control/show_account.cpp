#include "pipeline/control/show_account.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/control/run_columns.hpp"
#include "pipeline/control/show_parts.hpp"
#include "stages/reduce_input.hpp"

namespace vrp {
namespace {

bool kept(const std::string& name) { return has_columns(name) && name != "relevance/null_lift"; }

/// The joined records of a cell's stages that can be read, and why the others cannot.
struct CellRecords {
  std::map<std::string, Record> records;
  std::map<std::string, std::string> problems;
};

CellRecords read_cell(const StoredRun& run, const CellWork& cell, const ItemTable& items) {
  CellRecords out;
  for (const auto& [stage, work] : cell.stages) {
    if (stage == "reduce" || stage == "probe_fits") continue;
    try {
      Record record = stage_arrays(run, cell, stage, kept);
      if (!record.arrays().empty()) {
        if (stage == "capture")
          add_labels(record, items, reviews_in(run, cell.model, items, cell.benchmark));
        if (stage == "interventions" && record.find("answer/text") != nullptr)
          add_edit_labels(record, items);
      }
      out.records.emplace(stage, std::move(record));
    } catch (const Error& error) {
      out.problems.emplace(stage, error.what());
    }
  }
  return out;
}

std::string status_text(const Json& status) {
  if (!status.is_number()) return "ok";
  switch (status.get<int>()) {
    case 0:
      return "ok";
    case 1:
      return "failed";
    case 2:
      return "attention invalid";
    default:
      return concat("status ", status.get<int>());
  }
}

Json model_account(const StoredRun& run, const CellWork& cell, const ItemTable& items,
                   const std::string& key) {
  const CellRecords cell_records = read_cell(run, cell, items);
  Json out = {{"model", cell.model},
              {"stages", Json::object()},
              {"status", "not computed yet"},
              {"reason", ""},
              {"answer", nullptr},
              {"labels", nullptr},
              {"signals", Json::array()},
              {"samples", nullptr},
              {"lens", nullptr},
              {"attention", nullptr},
              {"interventions", nullptr}};
  std::map<std::string, ItemRow> rows;
  for (const auto& [stage, problem] : cell_records.problems)
    out["stages"][stage] = "cannot be read: " + problem;
  for (const auto& [stage, record] : cell_records.records) {
    const auto row = row_of(record, key);
    out["stages"][stage] = row ? "done" : "not computed yet";
    if (row) rows.emplace(stage, ItemRow(record, *row));
  }
  const auto find = [&](const char* stage) -> const ItemRow* {
    const auto found = rows.find(stage);
    return found == rows.end() ? nullptr : &found->second;
  };
  const ItemRow* capture = find("capture");
  if (capture != nullptr) {
    out["status"] = status_text(capture->value("item/status"));
    out["reason"] = capture->text("item/reason");
    if (out["status"] != "failed") {
      out["answer"] = answer_part(*capture);
      out["lens"] = lens_part(*capture);
    }
    out["labels"] = labels_part(*capture, items.scorers);
  }
  for (const char* stage : {"capture", "metrics", "consistency", "probes"})
    if (const ItemRow* row = find(stage))
      for (Json& signal : signals_part(*row, stage)) out["signals"].push_back(std::move(signal));
  if (const ItemRow* row = find("consistency")) out["samples"] = samples_part(*row);
  if (const ItemRow* row = find("metrics")) out["attention"] = attention_part(*row, capture);
  if (const ItemRow* row = find("interventions"))
    out["interventions"] = interventions_part(*row, items.scorers.front());
  return out;
}

Json regions_json(const std::vector<Region>& regions) {
  Json out = Json::array();
  for (const Region& region : regions)
    out.push_back({{"category", region.category}, {"box", region.box}});
  return out;
}

}  // namespace

Json item_account(StoredRun& run, const ItemPlace& place, const std::vector<std::string>& models) {
  for (const std::string& model : models) run.require_model(model);
  const Json manifest = read_manifest(run.root());
  const ItemTable items = labelled_table(run, place.benchmark, "");
  const std::size_t i = place.row;
  Json out = {{"run", run.root().string()},
              {"sweep", manifest.value("sweep", "")},
              {"key", items.key[i]},
              {"benchmark", place.benchmark},
              {"row", i},
              {"id", items.id[i]},
              {"group", items.group[i]},
              {"type", items.type[i]},
              {"question", items.question[i]},
              {"hint", items.hint[i]},
              {"choices", items.choices[i]},
              {"reference", items.answer[i]},
              {"references", items.answers[i]},
              {"image", items.image[i]},
              {"image_file", (items.image_root / items.image[i]).string()},
              {"regions", regions_json(items.regions[i])},
              {"metadata", Json::parse(items.metadata[i], nullptr, false)},
              {"scorers", items.scorers},
              {"partial", manifest.value("partial", false)},
              {"models", Json::array()}};
  if (out["metadata"].is_discarded()) out["metadata"] = items.metadata[i];
  for (const CellWork& cell : cells_of(manifest)) {
    if (cell.benchmark != place.benchmark) continue;
    if (!models.empty() && std::find(models.begin(), models.end(), cell.model) == models.end())
      continue;
    out["models"].push_back(model_account(run, cell, items, items.key[i]));
  }
  return out;
}

}  // namespace vrp
