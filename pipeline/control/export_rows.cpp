#include "pipeline/control/export_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce_input.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kFailed = 1, kAttentionInvalid = 2;

template <class T>
double widened(const T& value) {
  if constexpr (std::is_same_v<T, Half>)
    return static_cast<double>(value.to_float());
  else
    return static_cast<double>(value);
}

/// Offset and extent of an item along every dimension of an array.
struct Part {
  std::vector<std::int64_t> first, extent;
};

Part part_of(const Record& record, const Array& array, const ExportField& field, std::size_t row) {
  Part out;
  for (std::size_t d = 0; d < array.dims.size(); ++d) {
    std::int64_t first = 0, extent = array.shape[d];
    if (array.dims[d] == "item") {
      first = static_cast<std::int64_t>(row);
      extent = 1;
    } else if (array.dims[d] == field.ragged_dim) {
      const auto& offsets = record.values<std::int64_t>(field.offsets);
      if (row + 1 >= offsets.size())
        fail(record.origin, ": array '", field.offsets, "' has ", offsets.size(),
             " entries, expected more than ", row + 1);
      first = offsets[row];
      extent = offsets[row + 1] - first;
    }
    if (first < 0 || extent < 0 || first + extent > array.shape[d])
      fail(record.origin, ": array '", array.name, "': item ", row, " is at ", first, " .. ",
           first + extent, " of dimension '", array.dims[d], "' with ", array.shape[d], " entries");
    out.first.push_back(first);
    out.extent.push_back(extent);
  }
  return out;
}

/// Rows of 1-dimensional item arrays; other arrays are left out. Used where a file holds more items
/// than the unit.
Record pick_rows(const Record& record, const std::vector<std::size_t>& rows) {
  Record out;
  out.origin = record.origin;
  for (const Array& array : record.arrays()) {
    if (array.dims != std::vector<std::string>{"item"}) continue;
    Array to = array;
    std::visit(
        [&](auto& values) {
          using V = std::decay_t<decltype(values)>;
          const V& from = std::get<V>(array.data);
          values.clear();
          for (const std::size_t row : rows) values.push_back(from.at(row));
        },
        to.data);
    to.shape = {static_cast<std::int64_t>(rows.size())};
    out.add(std::move(to));
  }
  return out;
}

std::string status_text(int status) {
  return status == kFailed ? "failed" : status == kAttentionInvalid ? "attention_invalid" : "ok";
}

}  // namespace

ExportValue value_at(const Record& record, const ExportField& field, std::size_t row) {
  const Array& array = record.at(field.array.name);
  const Part part = part_of(record, array, field, row);
  ExportValue out;
  out.defined = true;
  std::int64_t count = 1;
  for (std::size_t d = 0; d < array.dims.size(); ++d) {
    count *= part.extent[d];
    if (array.dims[d] != "item") out.shape.push_back(part.extent[d]);
  }
  std::vector<std::int64_t> index(array.dims.size(), 0);
  std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        for (std::int64_t k = 0; k < count; ++k) {
          std::size_t at = 0;
          for (std::size_t d = 0; d < index.size(); ++d)
            at = at * static_cast<std::size_t>(array.shape[d]) +
                 static_cast<std::size_t>(part.first[d] + index[d]);
          if constexpr (std::is_same_v<T, std::string>) {
            out.texts.push_back(values.at(at));
          } else {
            const double value = widened(values.at(at));
            out.numbers.push_back(std::isfinite(value) ? value : kNaN);
          }
          for (std::size_t d = index.size(); d-- > 0;) {
            if (++index[d] < part.extent[d]) break;
            index[d] = 0;
          }
        }
      },
      array.data);
  return out;
}

ExportReader::ExportReader(const StoredRun& run, const CellWork& cell, const ItemTable& items,
                           std::vector<const ExportField*> fields, bool with_paths)
    : run_(run),
      cell_(cell),
      items_(items),
      reviews_(reviews_in(run, cell.model, items, cell.benchmark)),
      fields_(std::move(fields)),
      with_paths_(with_paths) {}

bool ExportReader::needed(const std::string& stage, const std::string& name) const {
  if (name == "item/key" || name == "item/status" || name == "item/reason") return true;
  if (stage == "capture" && (name.starts_with("answer/text") || name.starts_with("choice/")))
    return true;
  if (stage == "consistency" &&
      (name == "consistency/majority" || (with_paths_ && name == "path/text")))
    return true;
  return std::any_of(fields_.begin(), fields_.end(), [&](const ExportField* field) {
    return field && field->stage == stage && (field->array.name == name || field->offsets == name);
  });
}

/// The finished files of a stage that hold items of [first, last).
ExportReader::Files ExportReader::files_of(const std::string& stage, std::int64_t first,
                                           std::int64_t last) {
  Files out;
  const auto work = cell_.stages.find(stage);
  if (work == cell_.stages.end()) return out;
  const bool wanted = std::any_of(fields_.begin(), fields_.end(), [&](const ExportField* field) {
    return field && field->stage == stage;
  });
  if (!wanted && stage != "capture" && !(with_paths_ && stage == "consistency")) return out;
  for (std::size_t u = 0; u < work->second.files.size(); ++u) {
    if (work->second.first[u] >= last || work->second.last[u] <= first) continue;
    const std::string& name = work->second.files[u];
    if (!fs::exists(run_.root() / name)) continue;
    auto& [kept, file] = last_[stage];
    if (kept != name) {
      auto loaded = std::make_shared<File>();
      loaded->record = read_arrays(run_.root() / name,
                                   [&](const std::string& array) { return needed(stage, array); });
      const auto& keys = loaded->record.values<std::string>("item/key");
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (!loaded->row.emplace(keys[i], i).second)
          fail(loaded->record.origin, ": item '", keys[i], "' is there twice, expected once");
      kept = name;
      file = std::move(loaded);
    }
    out.push_back(file);
  }
  return out;
}

void ExportReader::read(const std::function<void(const ExportItem&)>& each) {
  const WorkEntry& capture = cell_.stages.at("capture");
  for (std::size_t u = 0; u < capture.files.size(); ++u)
    read_unit(capture.files[u], capture.first[u], capture.last[u], each);
}

void ExportReader::read_unit(const std::string& file, std::int64_t first, std::int64_t last,
                             const std::function<void(const ExportItem&)>& each) {
  if (first < 0 || last > static_cast<std::int64_t>(items_.size()))
    fail((run_.root() / file).string(), ": is said to hold items ", first, " .. ", last,
         ", but the item table has ", items_.size(), " rows");
  std::vector<std::size_t> rows(static_cast<std::size_t>(last - first));
  std::iota(rows.begin(), rows.end(), static_cast<std::size_t>(first));
  const ItemTable unit = select_rows(items_, rows);
  std::map<std::string, Files> files;
  for (const std::string& stage : export_stages()) files[stage] = files_of(stage, first, last);
  const bool computed = !files["capture"].empty();
  std::unordered_map<std::string_view, std::size_t> columns_row;
  CellColumns columns;
  if (computed) {
    Reviews reviews;
    if (!reviews_.empty())
      for (const std::size_t row : rows) reviews.push_back(reviews_[row]);
    const CellData data = cell_data(
        cell_.model, cell_.benchmark, unit, std::move(reviews), [&](const std::string& stage) {
          if (stage == "capture") return files["capture"].front()->record;
          std::vector<Record> parts;
          if (stage != "interventions")
            for (const auto& part : files[stage]) {
              std::vector<std::size_t> kept;
              for (const std::string& key : unit.key)
                if (const auto at = part->row.find(key); at != part->row.end())
                  kept.push_back(at->second);
              if (!kept.empty()) parts.push_back(pick_rows(part->record, kept));
            }
          return concatenate(parts);
        });
    columns = columns_of(data);
    for (std::size_t i = 0; i < columns.size(); ++i) columns_row.emplace(columns.key[i], i);
  }
  const auto status = [&](const std::string& key) {
    const File& capture = *files["capture"].front();
    const auto at = capture.row.find(key);
    if (at == capture.row.end()) return std::string("not_computed");
    return status_text(capture.record.values<std::int32_t>("item/status").at(at->second));
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ExportItem item;
    item.model = cell_.model;
    item.benchmark = cell_.benchmark;
    item.key = unit.key[i];
    item.id = unit.id[i];
    item.group = unit.group[i];
    item.type = unit.type[i];
    item.question = unit.question[i];
    item.reference = unit.answer[i];
    item.scorer = unit.scorers.empty() ? "" : unit.scorers.front();
    item.status = computed ? status(item.key) : "not_computed";
    item.values.resize(fields_.size());
    const auto row = columns_row.find(unit.key[i]);
    if (item.status != "not_computed" && row != columns_row.end()) {
      const std::size_t at = row->second;
      item.reason = columns.reason[at];
      item.answer = columns.answer[at];
      for (const LabelColumn& label : columns.labels) {
        const int y = label.y[at];
        const auto value = y < 0 ? std::nullopt : std::optional(y);
        item.labels[label.scorer] = value;
        if (!label.primary) continue;
        item.label = value;
        if (!label.parsed.empty()) item.parsed = label.parsed[at];
      }
    }
    const bool answered = item.status == "ok" || item.status == "attention_invalid";
    for (std::size_t f = 0; answered && f < fields_.size(); ++f) {
      if (fields_[f] == nullptr) continue;
      for (const auto& part : files[fields_[f]->stage])
        if (const auto at = part->row.find(item.key); at != part->row.end())
          item.values[f] = value_at(part->record, *fields_[f], at->second);
    }
    if (with_paths_ && answered)
      for (const auto& part : files["consistency"])
        if (const auto at = part->row.find(item.key); at != part->row.end()) {
          const Array& texts = part->record.at("path/text");
          const std::size_t k = static_cast<std::size_t>(texts.shape.at(1));
          const auto& all = std::get<std::vector<std::string>>(texts.data);
          for (std::size_t p = 0; p < k; ++p) item.paths.push_back(all.at(at->second * k + p));
        }
    each(item);
  }
}

}  // namespace vrp
