#include "stages/reduce/pooled.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/reduce/effects.hpp"
#include "stages/reduce/item_signals.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/rows_probe.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {
namespace {

/// "demo_pope_adversarial" has the part "pope", and "llava_bench" as two parts of "my_llava_bench".
bool has_part(std::string_view benchmark, std::string_view part) {
  const auto boundary = [&](std::size_t at) {
    return at >= benchmark.size() || benchmark[at] == '_' || benchmark[at] == '-';
  };
  for (std::size_t at = benchmark.find(part); at != std::string_view::npos;
       at = benchmark.find(part, at + 1))
    if ((at == 0 || boundary(at - 1)) && boundary(at + part.size())) return true;
  return false;
}

std::vector<std::string> pooled_names(const ReduceParams& params) {
  std::vector<std::string> names;
  for (const std::string& piece : split(params.pooled, ','))
    if (!trim(piece).empty()) names.push_back(trim(piece));
  return names;
}

/// False when there are answers and none of them has a label (no judge file, for example). A cell
/// whose items all failed is pooled, so that its items are counted.
bool has_labels(const CellColumns& cell) {
  if (cell.labels.empty()) return false;
  bool answered = false;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell.labels.front().y[i] >= 0) return true;
    answered = answered || !cell.failed[i];
  }
  return !answered;
}

/// Why the cell stays out of the pooled set; "" = it is in. `taken` maps a name to its benchmark.
std::string reason_out(const CellColumns& cell, const std::vector<std::string>& names,
                       std::map<std::string, std::string>& taken) {
  for (const std::string& name : names) {
    if (!has_part(cell.benchmark, name)) continue;
    if (!has_labels(cell)) return "not pooled: no answer has a label";
    const auto [entry, is_new] = taken.emplace(name, cell.benchmark);
    return is_new ? "" : "not pooled: " + entry->second + " stands for " + name;
  }
  return "not pooled: not one of the pooled sets";
}

SetRow set_row(const CellColumns& cell) {
  SetRow row;
  row.model = cell.model;
  row.benchmark = std::string(kPooledSet);
  row.set = cell.benchmark;
  row.items = static_cast<std::int64_t>(cell.size());
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const int y = cell.labels.empty() ? -1 : cell.labels.front().y[i];
    if (cell.failed[i])
      ++row.failed;
    else if (y < 0)
      ++row.unlabelled;
  }
  return row;
}

/// Signals of all pooled cells; a cell without one leaves it undefined on its items.
std::vector<SignalColumn> empty_signals(const std::vector<const CellColumns*>& cells) {
  std::map<std::string, SignalColumn> by_name;
  for (const CellColumns* cell : cells)
    for (const SignalColumn& signal : cell->signals) {
      const auto [entry, is_new] = by_name.emplace(signal.name, signal);
      entry->second.value.clear();
      if (!is_new && entry->second.orientation != signal.orientation)
        fail(cell->model, "/", cell->benchmark, ": signal '", signal.name, "' has orientation ",
             signal.orientation, ", expected ", entry->second.orientation,
             " as on the other pooled sets");
    }
  std::vector<SignalColumn> out;
  for (auto& [name, signal] : by_name) out.push_back(std::move(signal));
  return out;
}

/// Sampled answers of an item whose S_SC is pooled.
void append_paths(const CellColumns& cell, std::size_t i, bool classes, CellColumns& out) {
  const SignalColumn* s_sc = cell.signal("s_sc");
  stats::SampledPaths& all = out.sampled;
  if (all.first.empty()) all.first.push_back(0);
  if (s_sc && (s_sc->pooled || classes)) {
    if (cell.sampled.answer_class.empty())
      out.no_paths = cell.benchmark + ": " + cell.no_paths;
    else
      for (std::int64_t k = cell.sampled.first[i]; k < cell.sampled.first[i + 1]; ++k)
        all.answer_class.push_back(cell.sampled.answer_class[static_cast<std::size_t>(k)]);
  }
  all.first.push_back(static_cast<std::int64_t>(all.answer_class.size()));
}

void append_row(const CellColumns& cell, std::size_t i, bool classes, CellColumns& out) {
  out.key.push_back(cell.key[i]);
  out.group.push_back(cell.group[i]);
  out.type.push_back(cell.benchmark + ":" + cell.type[i]);
  out.question.push_back(cell.question[i]);
  out.reference.push_back(cell.reference[i]);
  out.image_hash.push_back(cell.image_hash[i]);
  out.kind.push_back(cell.kind[i]);
  out.answer.push_back(cell.answer[i]);
  out.reason.push_back(cell.reason[i]);
  out.failed.push_back(cell.failed[i]);
  LabelColumn& label = out.labels.front();
  const LabelColumn& from = cell.labels.front();
  label.y.push_back(from.y[i]);
  label.majority.push_back(from.majority.empty() ? -1 : from.majority[i]);
  label.unparsed.push_back(from.unparsed[i]);
  for (SignalColumn& signal : out.signals) {
    const SignalColumn* column = cell.signal(signal.name);
    const bool use = column && (column->pooled || classes);
    signal.value.push_back(use ? column->value[i] : kUndefined);
  }
  append_paths(cell, i, classes, out);
}

}  // namespace

bool in_pooled_set(std::string_view benchmark, const ReduceParams& params) {
  const auto names = pooled_names(params);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return has_part(benchmark, name); });
}

PooledColumns pool(const std::vector<CellColumns>& cells, const ReduceParams& params) {
  PooledColumns out;
  std::vector<const CellColumns*> order;
  for (const CellColumns& cell : cells) order.push_back(&cell);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->benchmark < b->benchmark; });
  std::vector<const CellColumns*> pooled;
  const std::vector<std::string> names = pooled_names(params);
  std::map<std::string, std::string> taken;
  for (const CellColumns* cell : order) {
    if (cell->model != order.front()->model)
      fail("pooled set: cells of ", order.front()->model, " and ", cell->model,
           ", expected one model");
    out.sets.push_back(set_row(*cell));
    out.sets.back().note = reason_out(*cell, names, taken);
    if (out.sets.back().note.empty()) pooled.push_back(cell);
  }
  CellColumns& all = out.columns;
  all.model = order.empty() ? "" : order.front()->model;
  all.benchmark = std::string(kPooledSet);
  all.signals = empty_signals(pooled);
  if (!pooled.empty()) all.labels.resize(1);
  std::set<std::string> keys, scorers;
  std::set<std::pair<std::string, std::string>> asked;
  for (const CellColumns* cell : pooled) {
    SetRow& set = *std::find_if(out.sets.begin(), out.sets.end(),
                                [&](const SetRow& row) { return row.set == cell->benchmark; });
    scorers.insert(cell->labels.front().scorer);
    all.paths = std::max(all.paths, cell->paths);
    for (std::size_t i = 0; i < cell->size(); ++i) {
      if (!keys.insert(cell->key[i]).second)
        fail(cell->model, ": item key '", cell->key[i],
             "' is in two of the pooled sets (second: ", cell->benchmark,
             "), expected unique keys");
      const std::string& image = cell->image_hash[i].empty() ? cell->group[i] : cell->image_hash[i];
      if (!asked.insert({image, cell->question[i]}).second) {
        ++set.duplicates;
        continue;
      }
      append_row(*cell, i, params.pooled_classes, all);
      const int y = cell->labels.front().y[i];
      set.used += y >= 0;
      set.correct += y == 1;
    }
  }
  if (!all.labels.empty()) {
    all.labels.front().primary = true;
    all.labels.front().scorer = join({scorers.begin(), scorers.end()}, "+");
  }
  if (!all.no_paths.empty()) all.sampled = {};
  all.group = image_groups(all.group, all.image_hash);
  return out;
}

Record reduce_pooled(const std::vector<CellData>& cells, const ReduceParams& params,
                     const Draws& draws, const Record& probes) {
  check(params);
  std::vector<CellColumns> columns;
  std::vector<EffectColumns> effects;
  for (const CellData& cell : cells) {
    columns.push_back(columns_of(cell));
    effects.push_back(effect_columns(cell, columns.back()));
  }
  const PooledColumns pooled = pool(columns, params);
  Record record;
  if (!pooled.columns.labels.empty())
    record = statistics_record(pooled.columns, params, draws, false);
  add_item_signals(pooled.columns, params, draws, record);
  add_frame(record, "effect",
            effect_rows(pool_effects(effects, pooled.columns), params, draws, true));
  add_frame(record, "set", pooled.sets);
  add_frame(record, "probe_control",
            rows_of_cell<ProbeControlRow>(probes, "probe_control", pooled.columns.model,
                                          std::string(kPooledSet)));
  return record;
}

}  // namespace vrp
