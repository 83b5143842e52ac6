#include "pipeline/driver/manifest.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/driver/unit_name.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr int kManifestVersion = 2;
constexpr std::int64_t kMostUnits = 100'000'000;  // of a stage in a cell; more is a damaged file

std::string work_file(const std::string& folder, std::int64_t index, std::int64_t items,
                      std::int64_t full) {
  return folder + "/" + unit_name(index, items, full);
}

Json settings_json(const Settings& settings) {
  Json out = Json::object();
  for (const auto& [section, keys] : settings.sections()) {
    for (const auto& [key, setting] : keys) {
      out[section][key] = {{"value", setting.value}, {"origin", setting.origin}};
    }
  }
  return out;
}

/// The units of a stage in a cell: a rule where they are equal ranges of its items (the list of a
/// million names would be most of the file), else the list of name, first and last item.
void add_units(const Plan& plan, const StageCell& stage_cell, Json& work) {
  const std::size_t count = stage_cell.units.size();
  const std::int64_t items = count > 0 ? plan.units[stage_cell.units.back()].last : 0;
  const std::int64_t size = count > 0 ? plan.units[stage_cell.units.front()].last : 0;
  bool regular = size > 0;
  for (std::size_t i = 0; i < count && regular; ++i) {
    const Unit& unit = plan.units[stage_cell.units[i]];
    const auto first = static_cast<std::int64_t>(i) * size;
    regular = unit.first == first && unit.last == std::min(items, first + size) &&
              unit.file == work_file(stage_cell.folder, static_cast<std::int64_t>(i),
                                     unit.last - unit.first, size);
  }
  if (regular) {
    work["units"] = {{"count", count}, {"items", items}, {"unit_items", size}};
    return;
  }
  Json files = Json::array();
  for (const std::size_t id : stage_cell.units) {
    const Unit& unit = plan.units[id];
    files.push_back({fs::path(unit.file).filename().string(), unit.first, unit.last});
  }
  work["files"] = files;
}

Json work_json(const Plan& plan) {
  Json work = Json::array();
  for (const auto& stage_cell : plan.stage_cells) {
    const Cell& cell = plan.cells[stage_cell.cell];
    Json entry = {{"model", cell.model},
                  {"benchmark", cell.benchmark},
                  {"stage", plan.stages[stage_cell.stage].name},
                  {"folder", stage_cell.folder},
                  {"pooled", cell.pooled()},
                  {"fingerprint", stage_cell.fingerprint.fields}};
    add_units(plan, stage_cell, entry);
    work.push_back(std::move(entry));
  }
  return work;
}

/// The files that a rule of add_units stands for. Error when it cannot be one.
void add_ranges(const Json& units, WorkEntry& entry) {
  const std::string where = "manifest.json: units of " + entry.folder;
  const std::int64_t items = json_integer(units, "items", where);
  const std::int64_t size = json_integer(units, "unit_items", where);
  const std::int64_t count = json_integer(units, "count", where);
  if (size < 1 || items < 1 || count != (items - 1) / size + 1 || count > kMostUnits) {
    fail(where, ": ", count, " units of ", size, " items for ", items,
         " items, expected enough for all of them");
  }
  for (std::int64_t first = 0; first < items; first += size) {
    const std::int64_t last = std::min(items, first + size);
    entry.files.push_back(work_file(entry.folder, first / size, last - first, size));
    entry.first.push_back(first);
    entry.last.push_back(last);
  }
}

/// Error when what commands look up by name is of another type: a damaged manifest is an input that
/// says so, whoever reads it.
Json checked(Json manifest, const fs::path& file) {
  using Type = Json::value_t;
  struct Field {
    const char* name;
    std::vector<Type> types;
    const char* expected;
  };
  static const std::vector<Field> fields{
      {"sweep", {Type::string}, "text"},
      {"profile", {Type::string}, "text"},
      {"created", {Type::string}, "text"},
      {"seed", {Type::number_unsigned}, "a whole number"},
      {"limit", {Type::number_unsigned, Type::number_integer}, "a whole number"},
      {"partial", {Type::boolean}, "true or false"},
      {"settings", {Type::object}, "an object"},
      {"models", {Type::object}, "an object"},
      {"benchmarks", {Type::object}, "an object"},
      {"work", {Type::array}, "a list"},
      {"cells", {Type::array}, "a list"},
      {"launches", {Type::array}, "a list"}};
  if (!manifest.is_object())
    fail(file.string(), ": holds ", manifest.type_name(), ", expected an object");
  for (const Field& field : fields) {
    const auto found = manifest.find(field.name);
    if (found == manifest.end()) continue;
    if (std::find(field.types.begin(), field.types.end(), found->type()) == field.types.end()) {
      fail(file.string(), ": field '", field.name, "' is ", excerpt(found->dump()), ", expected ",
           field.expected);
    }
  }
  return manifest;
}

/// One [name, first item, last item] of a list of files.
void add_file(const Json& file, WorkEntry& entry) {
  if (!file.is_array() || file.size() != 3 || !file[0].is_string() ||
      !file[1].is_number_integer() || !file[2].is_number_integer()) {
    fail("manifest.json: a file of ", entry.folder, " is ", excerpt(file.dump()),
         ", expected [name, first item, last item]");
  }
  entry.files.push_back(entry.folder + "/" + file[0].get<std::string>());
  entry.first.push_back(file[1]);
  entry.last.push_back(file[2]);
}

}  // namespace

Json make_manifest(const Sweep& sweep, const Plan& plan, const Json& checkpoints, const Json& extra,
                   const Json& previous) {
  Json out = extra;
  out["manifest_version"] = kManifestVersion;
  out["sweep"] = sweep.params.name;
  out["seed"] = sweep.params.seed;
  out["profile"] = sweep.params.profile;
  out["limit"] = plan.limit;
  out["partial"] = plan.partial();
  out["created"] = previous.is_object() ? previous.value("created", utc_now()) : utc_now();
  out["settings"] = settings_json(sweep.settings);
  out["models"] = Json::object();
  for (const auto& model : sweep.models) {
    out["models"][model.name] = {{"checkpoint", model.config.checkpoint},
                                 {"template", model.config.prompt_template},
                                 {"prompt", model.config.prompt},
                                 {"suffix_short", model.config.suffix_short},
                                 {"suffix_yes_no", model.config.suffix_yes_no},
                                 {"suffix_letter", model.config.suffix_letter},
                                 {"options", model.config.options},
                                 {"hint", model.config.hint},
                                 {"dtype", model.config.dtype},
                                 {"hash", checkpoints.at(model.name).at("hash")},
                                 {"files", checkpoints.at(model.name).at("files")}};
  }
  out["benchmarks"] = Json::object();
  for (std::size_t b = 0; b < sweep.benchmarks.size(); ++b) {
    const ItemTable& table = plan.tables[b];
    const auto& suffix = sweep.benchmarks[b].config.suffix;
    const auto n = static_cast<std::int64_t>(table.size());
    out["benchmarks"][sweep.benchmarks[b].name] = {
        {"items", n},
        {"items_used", plan.limit > 0 ? std::min(n, plan.limit) : n},
        {"table", "items/" + sweep.benchmarks[b].name + ".h5"},
        {"table_hash", table.hash().hex()},
        {"images", table.image_root.string()},
        {"scorers", table.scorers},
        {"form", sweep.benchmarks[b].config.form},
        {"suffix", suffix ? Json(*suffix) : Json(nullptr)},  // null: the models' texts for the form
        {"max_new_tokens", sweep.benchmarks[b].config.max_new_tokens},
        {"facts", table.facts}};
  }
  out["stages"] = Json::array();
  for (const auto& stage : plan.stages) out["stages"].push_back(stage.name);
  out["cells"] = Json::array();
  for (const auto& cell : plan.cells) {
    Json stages = Json::object();
    for (const auto& stage_cell : plan.stage_cells) {
      if (&plan.cells[stage_cell.cell] == &cell) {
        stages[plan.stages[stage_cell.stage].name] = stage_cell.folder;
      }
    }
    out["cells"].push_back({{"model", cell.model},
                            {"benchmark", cell.benchmark},
                            {"pooled", cell.pooled()},
                            {"stages", stages}});
  }
  out["work"] = work_json(plan);
  Json launches = previous.is_object() ? previous.value("launches", Json::array()) : Json::array();
  launches.push_back(extra.value("launch", Json::object()));
  out.erase("launch");
  out["launches"] = launches;
  return out;
}

Json check_folder(const fs::path& root, const std::string& sweep_name) {
  if (!fs::exists(root / "manifest.json")) {
    if (fs::exists(root)) {
      for (const auto& entry : fs::directory_iterator(root)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("owner.json", 0) == 0 || name == "logs" || name == "checkpoints.json" ||
            name == "items" || name == "events.jsonl" || name == "slurm" ||
            name == "calibration.json") {
          continue;
        }
        throw Error(ExitCode::foreign_folder,
                    concat(root.string(), ": holds '", name,
                           "' but no manifest.json; give an empty or new --output-dir"));
      }
    }
    return nullptr;
  }
  Json manifest = checked(read_json(root / "manifest.json"), root / "manifest.json");
  const std::string found = manifest.value("sweep", "");
  if (found != sweep_name) {
    throw Error(ExitCode::foreign_folder, concat(root.string(), ": belongs to sweep '", found,
                                                 "', this is sweep '", sweep_name, "'"));
  }
  return manifest;
}

Json read_manifest(const fs::path& root) {
  if (!fs::exists(root / "manifest.json")) {
    fail(root.string(), ": has no manifest.json; expected the output folder of a run");
  }
  return checked(read_json(root / "manifest.json"), root / "manifest.json");
}

std::vector<WorkEntry> work_of(const Json& manifest) {
  const std::string where = "manifest.json";
  std::vector<WorkEntry> out;
  for (const auto& work : json_at(manifest, "work", where)) {
    WorkEntry entry;
    entry.model = json_text(work, "model", where);
    entry.benchmark = json_text(work, "benchmark", where);
    entry.stage = json_text(work, "stage", where);
    entry.folder = json_text(work, "folder", where);
    if (const auto pooled = work.find("pooled"); pooled != work.end()) {
      if (!pooled->is_boolean())
        fail(where, ": field 'pooled' is ", excerpt(pooled->dump()), ", expected true or false");
      entry.pooled = *pooled;
    }
    entry.fingerprint = json_at(work, "fingerprint", where);
    if (const auto units = work.find("units"); units != work.end()) {
      add_ranges(*units, entry);
    } else {
      for (const auto& file : json_at(work, "files", where)) add_file(file, entry);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

void write_fingerprints(const fs::path& root, const Plan& plan) {
  for (const auto& stage_cell : plan.stage_cells) {
    const fs::path folder = root / stage_cell.folder;
    if (fs::exists(folder / "fingerprint.json")) continue;
    make_folders(folder);
    write_atomically(folder / "fingerprint.json",
                     Json(stage_cell.fingerprint.fields).dump(1) + "\n");
  }
}

Json read_fingerprint(const fs::path& folder) {
  try {
    Json fields = read_json(folder / "fingerprint.json");
    return fields.is_object() ? fields : Json();
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace vrp
