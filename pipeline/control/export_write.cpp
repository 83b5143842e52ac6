#include "pipeline/control/export_write.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/control/csv_write.hpp"

namespace vrp {
namespace {

using Cells = std::vector<std::string>;

template <class... Parts>
void append(std::string& out, const Parts&... parts) {
  ((out += parts), ...);
}

/// With a comma before every part but the first.
template <class... Parts>
void append_member(std::string& out, const Parts&... parts) {
  if (!out.empty()) out += ',';
  append(out, parts...);
}

/// Every index of an extent in row-major order; one empty index for a single value.
template <class Each>
void each_index(const std::vector<std::int64_t>& extent, Each&& each) {
  std::int64_t count = 1;
  for (const std::int64_t e : extent) count *= e;
  std::vector<std::int64_t> index(extent.size(), 0);
  for (std::int64_t k = 0; k < count; ++k) {
    each(index);
    for (std::size_t d = extent.size(); d-- > 0;) {
      if (++index[d] < extent[d]) break;
      index[d] = 0;
    }
  }
}

std::string text_at(const ExportValue& value, std::size_t flat) {
  return value.texts.empty() ? exact_number(value.numbers.at(flat))
                             : csv_cell(value.texts.at(flat));
}

/// Cell at `index` of the widest shape; "" where this item's value has no such entry.
std::string cell_at(const ExportValue& value, const std::vector<std::int64_t>& index) {
  if (!value.defined) return "";
  std::size_t flat = 0;
  for (std::size_t d = 0; d < index.size(); ++d) {
    if (index[d] >= value.shape[d]) return "";
    flat = flat * static_cast<std::size_t>(value.shape[d]) + static_cast<std::size_t>(index[d]);
  }
  return text_at(value, flat);
}

std::string json_text(std::string_view text) { return Json(clean_utf8(text)).dump(); }

std::string json_number(double value) {
  const std::string text = exact_number(value);
  return text.empty() ? "null" : text;
}

std::string json_entry(const ExportValue& value, std::size_t flat) {
  return value.texts.empty() ? json_number(value.numbers.at(flat))
                             : json_text(value.texts.at(flat));
}

/// Nested arrays of the value from dimension d on; `flat` runs through the entries.
std::string json_value(const ExportValue& value, std::size_t d, std::size_t& flat) {
  if (!value.defined) return "null";
  if (d == value.shape.size()) return json_entry(value, flat++);
  std::string out = "[";
  for (std::int64_t i = 0; i < value.shape[d]; ++i) {
    if (i > 0) out += ',';
    out += json_value(value, d + 1, flat);
  }
  out += ']';
  return out;
}

std::string label_text(const std::optional<int>& label) {
  return label ? std::to_string(*label) : "";
}

std::optional<int> label_of(const ExportItem& item, const std::string& scorer) {
  const auto found = item.labels.find(scorer);
  return found == item.labels.end() ? std::nullopt : found->second;
}

std::vector<std::string> dimensions(const ExportTable& table) {
  std::vector<std::string> out;
  for (const ExportColumn& column : table.columns)
    for (const std::string& dim : column.dims)
      if (std::find(out.begin(), out.end(), dim) == out.end()) out.push_back(dim);
  return out;
}

/// Columns that every form begins with.
Cells identity_header(const ExportTable& table) {
  Cells out{"model", "benchmark", "key",    "id",     "group",
            "type",  "status",    "reason", "scorer", "label"};
  for (const std::string& scorer : table.scorers) out.push_back("label_" + scorer);
  if (table.questions) out.insert(out.end(), {"question", "reference"});
  if (table.answers) out.insert(out.end(), {"answer", "parsed"});
  for (std::int64_t k = 0; k < table.paths; ++k) out.push_back(concat("path[", k, "]"));
  for (std::string& name : out) name = csv_cell(name);
  return out;
}

Cells identity(const ExportTable& table, const ExportItem& item) {
  Cells out;
  for (const std::string* text : {&item.model, &item.benchmark, &item.key, &item.id, &item.group,
                                  &item.type, &item.status, &item.reason, &item.scorer})
    out.push_back(csv_cell(*text));
  out.push_back(label_text(item.label));
  for (const std::string& scorer : table.scorers) out.push_back(label_text(label_of(item, scorer)));
  if (table.questions) out.insert(out.end(), {csv_cell(item.question), csv_cell(item.reference)});
  if (table.answers) out.insert(out.end(), {csv_cell(item.answer), csv_cell(item.parsed)});
  for (std::size_t k = 0; k < static_cast<std::size_t>(table.paths); ++k)
    out.push_back(k < item.paths.size() ? csv_cell(item.paths[k]) : "");
  return out;
}

/// The same as members of a JSON object, without the braces.
std::string identity_json(const ExportTable& table, const ExportItem& item) {
  std::string out;
  const auto add = [&](const char* name, const std::string& json) {
    append_member(out, json_text(name), ":", json);
  };
  const auto label = [](const std::optional<int>& value) {
    return value ? std::to_string(*value) : std::string("null");
  };
  add("model", json_text(item.model));
  add("benchmark", json_text(item.benchmark));
  add("key", json_text(item.key));
  add("id", json_text(item.id));
  add("group", json_text(item.group));
  add("type", json_text(item.type));
  add("status", json_text(item.status));
  add("reason", json_text(item.reason));
  add("scorer", json_text(item.scorer));
  add("label", label(item.label));
  if (!table.scorers.empty()) {
    std::string labels;
    for (const std::string& scorer : table.scorers)
      append_member(labels, json_text(scorer), ":", label(label_of(item, scorer)));
    add("labels", concat("{", labels, "}"));
  }
  if (table.questions) {
    add("question", json_text(item.question));
    add("reference", json_text(item.reference));
  }
  const bool answered = item.status == "ok" || item.status == "attention_invalid";
  if (table.answers) {
    add("answer", answered ? json_text(item.answer) : "null");
    add("parsed", answered ? json_text(item.parsed) : "null");
  }
  if (table.paths > 0) {
    std::string paths;
    for (const std::string& path : item.paths) append_member(paths, json_text(path));
    add("paths", concat("[", paths, "]"));
  }
  return out;
}

std::string wide_line(const ExportTable& table, const ExportItem& item) {
  Cells cells = identity(table, item);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    each_index(table.columns[c].shape, [&](const std::vector<std::int64_t>& index) {
      cells.push_back(cell_at(item.values[c], index));
    });
  return csv_line(cells);
}

std::string long_lines(const ExportTable& table, const ExportItem& item) {
  const std::vector<std::string> dims = dimensions(table);
  const Cells start = identity(table, item);
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const ExportColumn& column = table.columns[c];
    const ExportValue& value = item.values[c];
    std::size_t flat = 0;
    const auto add = [&](const std::vector<std::int64_t>& index, const std::string& text) {
      Cells cells = start;
      cells.push_back(csv_cell(column.name));
      for (const std::string& dim : dims) {
        const auto at = std::find(column.dims.begin(), column.dims.end(), dim);
        const bool has = at != column.dims.end() && !index.empty();
        cells.push_back(
            has ? std::to_string(index[static_cast<std::size_t>(at - column.dims.begin())]) : "");
      }
      cells.push_back(text);
      out += csv_line(cells);
    };
    if (!value.defined)
      add({}, "");
    else
      each_index(value.shape, [&](const std::vector<std::int64_t>& index) {
        add(index, text_at(value, flat++));
      });
  }
  return out;
}

std::string wide_json(const ExportTable& table, const ExportItem& item) {
  std::string signals;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t flat = 0;
    append_member(signals, json_text(table.columns[c].name), ":",
                  json_value(item.values[c], 0, flat));
  }
  std::string out = "{";
  append(out, identity_json(table, item), ",\"signals\":{", signals, "}}\n");
  return out;
}

std::string long_json(const ExportTable& table, const ExportItem& item) {
  const std::string start = identity_json(table, item);
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const ExportColumn& column = table.columns[c];
    const ExportValue& value = item.values[c];
    std::size_t flat = 0;
    const auto add = [&](const std::vector<std::int64_t>& index, const std::string& json) {
      append(out, "{", start, ",\"signal\":", json_text(column.name));
      for (std::size_t d = 0; d < index.size(); ++d)
        append(out, ",", json_text(column.dims[d]), ":", std::to_string(index[d]));
      append(out, ",\"value\":", json, "}\n");
    };
    if (!value.defined)
      add({}, "null");
    else
      each_index(value.shape, [&](const std::vector<std::int64_t>& index) {
        add(index, json_entry(value, flat++));
      });
  }
  return out;
}

}  // namespace

std::int64_t ExportColumn::width() const {
  std::int64_t out = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return -1;
    out *= extent;
  }
  return out;
}

void check(const ExportTable& table) {
  if (table.long_form || table.json_lines) return;
  std::int64_t columns = 0;
  const char* instead = "; use --long or --format jsonl";
  for (const ExportColumn& column : table.columns) {
    if (column.width() < 0)
      fail_usage("vrp export: '", column.name,
                 "' has another length for each item, which columns "
                 "cannot hold",
                 instead);
    columns += column.width();
  }
  if (columns > kMaxColumns)
    fail_usage("vrp export: ", columns, " columns, expected at most ", kMaxColumns, instead);
}

std::string export_header(const ExportTable& table) {
  if (table.json_lines) return "";
  Cells out = identity_header(table);
  if (table.long_form) {
    out.push_back("signal");
    for (const std::string& dim : dimensions(table)) out.push_back(csv_cell(dim));
    out.push_back("value");
    return csv_line(out);
  }
  for (const ExportColumn& column : table.columns)
    each_index(column.shape, [&](const std::vector<std::int64_t>& index) {
      std::string name = column.name;
      for (const std::int64_t i : index) name += concat("[", i, "]");
      out.push_back(csv_cell(name));
    });
  return csv_line(out);
}

std::string export_lines(const ExportTable& table, const ExportItem& item) {
  if (table.json_lines) return table.long_form ? long_json(table, item) : wide_json(table, item);
  return table.long_form ? long_lines(table, item) : wide_line(table, item);
}

}  // namespace vrp
