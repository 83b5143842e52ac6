// The item of figure F5.
#include <cmath>

#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/lens.hpp"

namespace vrp {
namespace {

double value_of(const CellColumns& cell, const char* signal, std::size_t item) {
  const SignalColumn* column = cell.signal(signal);
  return column ? column->value[item] : kUndefined;
}

double at(const std::vector<std::vector<double>>& columns, std::size_t state, std::size_t item) {
  return state < columns.size() ? columns[state][item] : kUndefined;
}

/// Share of the defined values below x, plus half of those equal to it, in percent.
double percentile_of(const std::vector<double>& values, double x, std::int64_t& n) {
  double rank = 0;
  n = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    ++n;
    rank += value < x ? 1 : value == x ? 0.5 : 0;
  }
  return n > 0 ? 100 * rank / static_cast<double>(n) : kUndefined;
}

}  // namespace

CaseResult case_result(const CellColumns& cell, const LayerColumns& lens) {
  CaseResult out;
  CaseRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  const SignalColumn* h_s = cell.signal("h_s");
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::size_t chosen = cell.size();
  for (std::size_t i = 0; h_s && i < cell.size(); ++i)
    if (labels[i] == 0 && !std::isnan(h_s->value[i]) &&
        (chosen == cell.size() || h_s->value[i] < h_s->value[chosen]))
      chosen = i;
  if (chosen == cell.size()) {
    row.note = h_s ? "no wrong answer has an attention map" : "no H_s was computed";
    out.item.push_back(std::move(row));
    return out;
  }
  row.key = cell.key[chosen];
  row.question = cell.question[chosen];
  row.reference = cell.reference[chosen];
  row.answer = cell.answer[chosen];
  row.h_s = h_s->value[chosen];
  row.h_n = value_of(cell, "h_n", chosen);
  row.percentile = percentile_of(h_s->value, row.h_s, row.n);
  row.c_k = value_of(cell, "c_k", chosen);
  row.confidence = value_of(cell, "confidence", chosen);
  row.s_sc = value_of(cell, "s_sc", chosen);
  row.margin_final = at(lens.margin, lens.blocks, chosen);
  if (!std::isfinite(row.margin_final)) row.note = "margin: not computed, or no reference";
  for (std::size_t state = 0; !lens.margin.empty() && state <= lens.blocks; ++state) {
    CaseLayerRow layer;
    layer.model = cell.model;
    layer.benchmark = cell.benchmark;
    layer.key = row.key;
    layer.layer = static_cast<std::int64_t>(state) - 1;
    layer.margin = at(lens.margin, state, chosen);
    layer.margin_blank = at(lens.blank, state, chosen);
    layer.yes = at(lens.yes, state, chosen);
    layer.no = at(lens.no, state, chosen);
    layer.top2 = at(lens.top2, state, chosen);
    if (!std::isfinite(layer.margin))
      layer.note = "margin: no reference";
    else if (!std::isfinite(layer.margin_blank))
      layer.note = "margin_blank: no blank-image run";
    out.layers.push_back(std::move(layer));
  }
  out.item.push_back(std::move(row));
  return out;
}

}  // namespace vrp
