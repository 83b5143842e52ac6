#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/items/part_files.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

constexpr const char* kContent = "vrp item table";

std::int64_t extent(std::size_t n) { return static_cast<std::int64_t>(n); }

void add_text(Record& record, const char* name, const char* dim, std::vector<std::string> values,
              const char* description) {
  const std::int64_t n = extent(values.size());
  record.add(name, {dim}, {n}, std::move(values), "1", description);
}

/// Offsets [n + 1] of a ragged dimension; `ragged` names the dimension that they cut.
void add_offsets(Record& record, const char* name, const char* dim, const char* ragged,
                 std::vector<std::int64_t> offsets, const char* description) {
  const std::int64_t n = extent(offsets.size());
  record.add(Array{
      name, {dim}, {n}, "1", description, ArrayData(std::move(offsets)), {{"ragged_dim", ragged}}});
}

/// A list of texts per item: item/WHAT_offset and WHAT/text.
void add_lists(Record& record, const std::string& what,
               const std::vector<std::vector<std::string>>& lists, const char* description) {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::string> values;
  for (const auto& list : lists) {
    values.insert(values.end(), list.begin(), list.end());
    offsets.push_back(extent(values.size()));
  }
  add_offsets(record, ("item/" + what + "_offset").c_str(), "item_plus_one", what.c_str(),
              std::move(offsets), "first of each item");
  add_text(record, (what + "/text").c_str(), what.c_str(), std::move(values), description);
}

void add_regions(Record& record, const ItemTable& table) {
  std::vector<std::int64_t> region_offset{0}, polygon_offset{0}, point_offset{0}, annotation;
  std::vector<std::string> category;
  std::vector<double> box, points;
  for (const auto& regions : table.regions) {
    for (const Region& region : regions) {
      category.push_back(region.category);
      annotation.push_back(region.annotation);
      box.insert(box.end(), region.box.begin(), region.box.end());
      for (const auto& polygon : region.polygons) {
        points.insert(points.end(), polygon.begin(), polygon.end());
        point_offset.push_back(extent(points.size()));
      }
      polygon_offset.push_back(extent(point_offset.size()) - 1);
    }
    region_offset.push_back(extent(category.size()));
  }
  add_offsets(record, "item/region_offset", "item_plus_one", "region", std::move(region_offset),
              "first region of each item");
  const std::int64_t n = extent(category.size());
  add_text(record, "region/category", "region", std::move(category), "category of the object");
  record.add("region/annotation", {"region"}, {n}, std::move(annotation), "1",
             "annotation id in the source, 0 = none");
  record.add("region/box", {"region", "side"}, {n, 4}, std::move(box), "pixel",
             "x, y, width, height in the stored image");
  add_offsets(record, "region/polygon_offset", "region_plus_one", "polygon",
              std::move(polygon_offset), "first polygon of each region; none = box only");
  add_offsets(record, "polygon/point_offset", "polygon_plus_one", "coordinate",
              std::move(point_offset), "first coordinate of each polygon");
  const std::int64_t coordinates = extent(points.size());
  record.add("polygon/points", {"coordinate"}, {coordinates}, std::move(points), "pixel",
             "x0 y0 x1 y1 ... of each polygon");
}

Record to_record(const ItemTable& table) {
  Record record;
  add_text(record, "item/key", "item", table.key, "benchmark/split/question id, unique");
  add_text(record, "item/id", "item", table.id, "question id as in the source");
  add_text(record, "item/group", "item", table.group, "image id; folds and resamples go by it");
  add_text(record, "item/image", "item", table.image, "file name inside the image folder");
  add_text(record, "item/image_hash", "item", table.image_hash, "XXH3-128 of the image file");
  add_text(record, "item/question", "item", table.question, "question, byte for byte");
  add_text(record, "item/answer", "item", table.answer, "reference, '' = none");
  add_text(record, "item/type", "item", table.type, "question type");
  add_text(record, "item/metadata", "item", table.metadata, "further source fields, JSON");
  add_text(record, "item/hint", "item", table.hint, "shown before the question, '' = nothing");
  add_lists(record, "reference", table.answers, "human references");
  add_lists(record, "choice", table.choices, "options A, B, C ...");
  add_regions(record, table);
  return record;
}

/// Checked offsets: start at 0, never fall, end at `end`, `n + 1` of them.
const std::vector<std::int64_t>& offsets_of(const StoredRecord& stored, const char* name,
                                            std::size_t n, std::size_t end) {
  const auto& offsets = stored.record.values<std::int64_t>(name);
  bool good = offsets.size() == n + 1 && offsets.front() == 0 && offsets.back() == extent(end);
  for (std::size_t i = 1; i < offsets.size() && good; ++i) good = offsets[i] >= offsets[i - 1];
  if (!good) {
    fail(stored.record.origin, ": '", name, "' does not cut ", end, " values into ", n, " parts");
  }
  return offsets;
}

std::vector<std::vector<std::string>> read_lists(const StoredRecord& stored,
                                                 const std::string& what, std::size_t rows) {
  const auto& values = stored.record.values<std::string>(what + "/text");
  const auto& offsets =
      offsets_of(stored, ("item/" + what + "_offset").c_str(), rows, values.size());
  std::vector<std::vector<std::string>> out;
  for (std::size_t row = 0; row < rows; ++row) {
    out.emplace_back(values.begin() + offsets[row], values.begin() + offsets[row + 1]);
  }
  return out;
}

void read_regions(const StoredRecord& stored, ItemTable& table) {
  const Record& record = stored.record;
  const auto& category = record.values<std::string>("region/category");
  const auto& annotation = record.values<std::int64_t>("region/annotation");
  const auto& box = record.values<double>("region/box");
  const auto& points = record.values<double>("polygon/points");
  const std::size_t regions = category.size();
  const std::size_t ends = record.values<std::int64_t>("polygon/point_offset").size();
  const std::size_t polygons = ends == 0 ? 0 : ends - 1;
  if (annotation.size() != regions || box.size() != 4 * regions) {
    fail(record.origin, ": region columns of unequal length");
  }
  const auto& region_offset = offsets_of(stored, "item/region_offset", table.size(), regions);
  const auto& polygon_offset = offsets_of(stored, "region/polygon_offset", regions, polygons);
  const auto& point_offset = offsets_of(stored, "polygon/point_offset", polygons, points.size());
  table.regions.resize(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (auto r = region_offset[row]; r < region_offset[row + 1]; ++r) {
      const auto at = static_cast<std::size_t>(r);
      Region region{category[at], annotation[at], {}, {}};
      std::copy_n(box.begin() + 4 * r, 4, region.box.begin());
      for (auto p = polygon_offset[at]; p < polygon_offset[at + 1]; ++p) {
        const auto q = static_cast<std::size_t>(p);
        region.polygons.emplace_back(points.begin() + point_offset[q],
                                     points.begin() + point_offset[q + 1]);
      }
      table.regions[row].push_back(std::move(region));
    }
  }
}

std::string attribute(const StoredRecord& stored, const char* name) {
  const auto found = stored.attributes.find(name);
  if (found == stored.attributes.end()) {
    fail(stored.record.origin, ": attribute '", name, "' is missing");
  }
  return found->second;
}

std::string rules_text(ScoringRules rules) {
  Json out = Json::object();
  rules.fields([&](const char* name, double& value, const char*) { out[name] = value; });
  return out.dump();
}

ScoringRules read_rules(const Json& json, const std::string& where) {
  ScoringRules rules;
  rules.fields([&](const char* name, double& value, const char*) {
    const Json& found = json_at(json, name, where + ": rules");
    if (!found.is_number()) fail(where, ": rules: '", name, "' is ", found.dump());
    value = found.get<double>();
  });
  return rules;
}

ItemTable from_record(const StoredRecord& stored) {
  const Record& record = stored.record;
  ItemTable table;
  table.benchmark = attribute(stored, "benchmark");
  table.kind = attribute(stored, "kind");
  table.image_root = attribute(stored, "image_root");
  table.scorers = split(attribute(stored, "scorers"), ',');
  table.rules =
      read_rules(parse_json(attribute(stored, "rules"), record.origin + ": rules"), record.origin);
  const Json facts = parse_json(attribute(stored, "facts"), record.origin + ": facts");
  for (const auto& [name, value] : facts.items()) table.facts[name] = value.get<std::string>();
  table.key = record.values<std::string>("item/key");
  table.id = record.values<std::string>("item/id");
  table.group = record.values<std::string>("item/group");
  table.image = record.values<std::string>("item/image");
  table.image_hash = record.values<std::string>("item/image_hash");
  table.question = record.values<std::string>("item/question");
  table.answer = record.values<std::string>("item/answer");
  table.type = record.values<std::string>("item/type");
  table.metadata = record.values<std::string>("item/metadata");
  table.hint = record.values<std::string>("item/hint");
  table.answers = read_lists(stored, "reference", table.size());
  table.choices = read_lists(stored, "choice", table.size());
  read_regions(stored, table);
  return table;
}

Attributes root_attributes(const ItemTable& table) {
  return {{"content", kContent},
          {"benchmark", table.benchmark},
          {"kind", table.kind},
          {"scorers", join(table.scorers, ",")},
          {"rules", rules_text(table.rules)},
          {"image_root", table.image_root.string()},
          {"facts", Json(table.facts).dump()},
          {"items_hash", table.hash().hex()}};
}

/// Whether the file at `path` holds the same items. The image folder and the facts are not
/// compared: they say where the items came from, not what they are.
bool holds(const std::filesystem::path& path, const Record& record, const Attributes& attributes) {
  try {
    const StoredRecord stored = read_record(path);
    for (const char* name : {"content", "benchmark", "kind", "scorers", "rules", "items_hash"}) {
      if (attribute(stored, name) != attributes.at(name)) return false;
    }
    return stored.record.digest() == record.digest();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

bool holds_item_table(const std::filesystem::path& path, const ItemTable& table) {
  return holds(path, to_record(table), root_attributes(table));
}

bool write_item_table(const std::filesystem::path& path, const ItemTable& table, bool replace) {
  const Record record = to_record(table);
  const Attributes attributes = root_attributes(table);
  const std::filesystem::path final_name = std::filesystem::absolute(path);
  remove_stale_parts(final_name);
  if (!replace && std::filesystem::exists(final_name)) {
    if (holds(final_name, record, attributes)) return false;
    throw Error(ExitCode::foreign_folder,
                concat(path.string(),
                       ": exists and holds something else than this item table; "
                       "choose another name or replace it with --force"));
  }
  make_folders(final_name.parent_path());
  const std::filesystem::path temporary = part_name(final_name);
  write_record(temporary, record, attributes);
  if (replace) {
    std::error_code error;
    std::filesystem::rename(temporary, final_name, error);
    if (error) {
      std::filesystem::remove(temporary);
      fail(path.string(), ": cannot be replaced: ", error.message());
    }
    sync_path(final_name.parent_path());
  } else if (!commit_file(temporary, final_name) && !holds(final_name, record, attributes)) {
    throw Error(ExitCode::foreign_folder, concat(path.string(), ": appeared while it was written"));
  }
  return true;
}

ItemTable read_item_table(const std::filesystem::path& path) {
  const Attributes attributes = read_attributes(path);
  const auto content = attributes.find("content");
  if (content == attributes.end() || content->second != kContent) {
    fail(path.string(), ": is not an item table; make one with `vrp import`");
  }
  StoredRecord stored = read_record(path);
  stored.record.origin = path.string();
  ItemTable table = from_record(stored);
  check(table, true);
  if (const auto hash = attributes.at("items_hash"); table.hash().hex() != hash) {
    fail(path.string(), ": the items hash to ", table.hash().hex(), ", the file says ", hash);
  }
  return table;
}

}  // namespace vrp
