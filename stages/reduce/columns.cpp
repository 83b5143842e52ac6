#include "stages/reduce/columns.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>

#include "pipeline/base/error.hpp"
#include "stages/reduce/columns_join.hpp"
#include "stages/reduce/path_classes.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {
namespace {

std::vector<int> gather_labels(const CellData& cell, const Record& record, const std::string& name,
                               const RowMap& map) {
  const auto& stored = record.values<std::int32_t>(name);
  const std::vector<std::int32_t> y = gather_rows<std::int32_t>(cell, name, stored, map, -1);
  for (const std::int32_t value : y)
    if (value < -1 || value > 1)
      fail(cell_name(cell), ": array '", name, "' holds ", value, ", expected 1, 0 or -1");
  return {y.begin(), y.end()};
}

void add_labels(const CellData& cell, const RowMap& capture, const RowMap& consistency,
                CellColumns& out) {
  constexpr std::string_view kPrefix = "label/";
  for (const Array& array : cell.capture.arrays()) {
    if (!array.name.starts_with(kPrefix)) continue;
    const std::string name = array.name.substr(kPrefix.size());
    LabelColumn column;
    const std::string version = array_attribute(array, "version");
    column.scorer =
        name.find('@') == std::string::npos && !version.empty() ? name + "@" + version : name;
    column.primary = array_attribute(array, "primary") == "1";
    column.y = gather_labels(cell, cell.capture, array.name, capture);
    const std::string unparsed = "label_invalid/" + name;
    column.unparsed.assign(out.size(), 0);
    if (cell.capture.find(unparsed))
      column.unparsed = gather_rows<std::uint8_t>(
          cell, unparsed, cell.capture.values<std::uint8_t>(unparsed), capture, 0);
    const std::string score = "label_score/" + name, parsed = "label_parsed/" + name;
    if (cell.capture.find(score))
      column.score =
          gather_rows<double>(cell, score, cell.capture.values<double>(score), capture, kUndefined);
    if (cell.capture.find(parsed))
      column.parsed = gather_rows<std::string>(
          cell, parsed, cell.capture.values<std::string>(parsed), capture, "");
    const std::string majority = "label_majority/" + name;
    if (cell.consistency.find(majority))
      column.majority = gather_labels(cell, cell.consistency, majority, consistency);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out.failed[i]) column.y[i] = -1;
    out.labels.push_back(std::move(column));
  }
  std::stable_sort(out.labels.begin(), out.labels.end(), [](const auto& a, const auto& b) {
    return a.primary != b.primary ? a.primary : a.scorer < b.scorer;
  });
  if (out.labels.size() > 1 && out.labels[1].primary)
    fail(cell_name(cell), ": scorers ", out.labels[0].scorer, " and ", out.labels[1].scorer,
         " are both marked primary, expected one");
  if (!out.labels.empty() && !out.labels[0].primary)
    fail(cell_name(cell), ": none of the ", out.labels.size(),
         " scorers is marked primary, expected one");
}

void add_signals(const CellData& cell, const Record& record, const RowMap& map, CellColumns& out) {
  for (const Array& array : record.arrays()) {
    if (array_attribute(array, "role") != "signal" || array.shape.size() != 1 ||
        array.dims.front() != "item")
      continue;
    SignalColumn signal;
    signal.path = array.name;
    signal.name = array.name.substr(array.name.rfind('/') + 1);
    const std::string orientation = array_attribute(array, "orientation");
    if (orientation != "1" && orientation != "+1" && orientation != "-1" && orientation != "0")
      fail(cell_name(cell), ": signal '", array.name, "' has orientation '", orientation,
           "', expected 1, -1 or 0");
    signal.orientation = std::stoi(orientation);
    signal.units = array.units;
    signal.description = array.description;
    signal.control = array_attribute(array, "control");
    signal.pooled = array_attribute(array, "pooled") != "0";
    signal.needs_reference = array_attribute(array, "needs_reference") == "1";
    signal.value =
        gather_rows<double>(cell, array.name, record.as_double(array.name), map, kUndefined);
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out.failed[i] || !std::isfinite(signal.value[i])) signal.value[i] = kUndefined;
    out.signals.push_back(std::move(signal));
  }
}

/// Short names where they are unique, full paths where two datasets share one.
void name_signals(CellColumns& out) {
  std::map<std::string, int> uses;
  for (const SignalColumn& signal : out.signals) ++uses[signal.name];
  for (SignalColumn& signal : out.signals)
    if (uses[signal.name] > 1) signal.name = signal.path;
  std::stable_sort(out.signals.begin(), out.signals.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
}

/// Number of prompt tokens as a control signal: what length alone explains.
void add_length_control(const CellData& cell, const RowMap& map, CellColumns& out) {
  if (!cell.capture.find("item/prompt_tokens")) return;
  SignalColumn signal;
  signal.name = signal.path = "control/prompt_tokens";
  signal.units = "tokens";
  signal.control = "length of the prompt";
  signal.description = "control: length of the prompt, image tokens included";
  signal.value = gather_rows<double>(cell, "item/prompt_tokens",
                                     cell.capture.as_double("item/prompt_tokens"), map, kUndefined);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out.failed[i]) signal.value[i] = kUndefined;
  out.signals.push_back(std::move(signal));
}

/// Rows of the table that the run asked for: all up to the last one with a capture row. Those
/// behind it were cut off by --limit; one missing before it is a failed item, not a cut.
std::size_t asked_rows(const CellData& cell) {
  if (cell.capture.arrays().empty()) return cell.items->size();
  std::unordered_set<std::string_view> captured;
  for (const std::string& key : cell.capture.values<std::string>("item/key")) captured.insert(key);
  std::size_t asked = cell.items->size();
  while (asked > 0 && !captured.empty() && !captured.contains(cell.items->key[asked - 1])) --asked;
  return asked;
}

void add_null_lift(const CellData& cell, const RowMap& map, CellColumns& out) {
  const Array* array = cell.metrics.find("relevance/null_lift");
  if (!array || array->shape.size() != 2) return;
  const auto& stored = cell.metrics.values<float>("relevance/null_lift");
  out.permutations = array->shape[1];
  const auto width = static_cast<std::size_t>(out.permutations);
  out.null_lift.assign(out.size() * width, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < map.size(); ++i)
    if (map[i] != kAbsentRow && !out.failed[i])
      std::copy_n(stored.begin() + map[i] * out.permutations, width,
                  out.null_lift.begin() + static_cast<std::ptrdiff_t>(i * width));
}

void add_items(const CellData& cell, const std::vector<std::size_t>& order, CellColumns& out) {
  const ItemTable& items = *cell.items;
  for (const std::size_t row : order) {
    out.key.push_back(items.key[row]);
    out.group.push_back(items.group[row]);
    out.type.push_back(items.type[row]);
    out.question.push_back(items.question[row]);
    out.reference.push_back(items.answer[row]);
    out.image_hash.push_back(items.image_hash.empty() ? "" : items.image_hash[row]);
    out.kind.push_back(items.kind);
  }
  for (std::size_t i = 1; i < out.key.size(); ++i)
    if (out.key[i] == out.key[i - 1])
      fail(cell_name(cell), ": the item table holds the key '", out.key[i],
           "' twice, expected each item once");
}

void add_answers(const CellData& cell, const RowMap& map, CellColumns& out) {
  const Record& capture = cell.capture;
  if (capture.arrays().empty()) {  // no unit of this cell was computed
    out.failed.assign(out.size(), 1);
    out.reason.assign(out.size(), "not computed");
    out.answer.assign(out.size(), "");
    out.answer_tokens.assign(out.size(), kUndefined);
    out.ended.assign(out.size(), kUndefined);
    return;
  }
  const auto status = gather_rows<std::int32_t>(
      cell, "item/status", capture.values<std::int32_t>("item/status"), map, 1);
  out.failed.resize(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out.failed[i] = status[i] == 1;
  out.reason = gather_rows<std::string>(
      cell, "item/reason", capture.values<std::string>("item/reason"), map, "not computed");
  out.answer = gather_rows<std::string>(cell, "answer/text",
                                        capture.values<std::string>("answer/text"), map, "");
  const auto form = [&](const char* name) {
    return capture.find(name)
               ? gather_rows<double>(cell, name, capture.as_double(name), map, kUndefined)
               : std::vector<double>(out.size(), kUndefined);
  };
  out.answer_tokens = form("answer/length");
  out.ended = form("answer/ended");
}

}  // namespace

const SignalColumn* CellColumns::signal(std::string_view name) const {
  for (const SignalColumn& column : signals)
    if (column.name == name) return &column;
  return nullptr;
}

CellColumns columns_of(const CellData& cell) {
  if (!cell.items) fail(cell_name(cell), ": no item table was given to reduce");
  CellColumns out;
  out.model = cell.model;
  out.benchmark = cell.benchmark;
  std::vector<std::size_t> order(asked_rows(cell));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return cell.items->key[a] < cell.items->key[b]; });
  add_items(cell, order, out);
  const RowMap capture = rows_by_key(cell, cell.capture, "capture", out.key);
  const RowMap metrics = rows_by_key(cell, cell.metrics, "metrics", out.key);
  const RowMap consistency = rows_by_key(cell, cell.consistency, "consistency", out.key);
  add_answers(cell, capture, out);
  add_labels(cell, capture, consistency, out);
  add_signals(cell, cell.capture, capture, out);
  add_signals(cell, cell.metrics, metrics, out);
  add_signals(cell, cell.consistency, consistency, out);
  add_signals(cell, cell.probes, rows_by_key(cell, cell.probes, "probes", out.key), out);
  name_signals(out);
  add_path_classes(cell, consistency, out);
  add_length_control(cell, capture, out);
  add_null_lift(cell, metrics, out);
  if (const Array* paths = cell.consistency.find("path/text"))
    if (paths->shape.size() == 2) out.paths = paths->shape[1];
  return out;
}

}  // namespace vrp
