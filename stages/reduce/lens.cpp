#include "stages/reduce/lens.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/means_bootstrap.hpp"

namespace vrp {
namespace {

using Columns = std::vector<std::vector<double>>;

std::vector<double> means(const Columns& columns) {
  std::vector<double> out;
  for (const auto& column : columns) out.push_back(mean_of(column));
  return out;
}

/// Rows that `labels` gives the wanted value; the others NaN.
Columns where_label(const Columns& columns, const std::vector<std::int8_t>& labels, int wanted) {
  Columns out = columns;
  for (auto& column : out)
    for (std::size_t i = 0; i < column.size(); ++i)
      if (labels[i] != wanted) column[i] = kUndefined;
  return out;
}

Columns minus(const Columns& a, const Columns& b) {
  Columns out;
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k)
    out.push_back(difference(a[k], b[k]));
  return out;
}

/// A quantity of each layer with its replicates; index = index of the columns it came from.
struct Curve {
  std::vector<double> value;
  Columns replicates;
  bool has(std::size_t k) const { return k < value.size() && std::isfinite(value[k]); }
};

Curve curve_of(const char* name, const Columns& columns, const MeansBootstrap& bootstrap) {
  return {means(columns), bootstrap.replicates(name, columns)};
}

Curve minus(const Curve& a, const Curve& b) {
  Curve out;
  for (std::size_t k = 0; k < std::min(a.value.size(), b.value.size()); ++k) {
    out.value.push_back(a.value[k] - b.value[k]);
    out.replicates.push_back(difference(a.replicates[k], b.replicates[k]));
  }
  return out;
}

double at(const std::vector<double>& values, std::size_t k) {
  return k < values.size() ? values[k] : kUndefined;
}

double deviation(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double squares = 0;
  for (const double value : x)
    if (!std::isnan(value)) squares += (value - mean) * (value - mean);
  const std::int64_t n = count_defined(x);
  return n > 1 ? std::sqrt(squares / static_cast<double>(n - 1)) : kUndefined;
}

/// Everything that the rows of a cell are made of.
struct Means {
  Columns right, wrong;
  Curve margin, delta, sep, change, attention, mlp, attention_norm, mlp_norm;
  std::vector<double> blank, first, top2, resid, relative, h_s, h_n;
};

void add_limits(const Curve& curve, std::size_t k, const MeansBootstrap& bootstrap, double& value,
                double& low, double& high) {
  value = at(curve.value, k);
  if (!curve.has(k)) return;
  const MeanLimits limits = bootstrap.limits(curve.replicates[k]);
  low = limits.low;
  high = limits.high;
}

void say(std::string& note, const std::string& text) { note += (note.empty() ? "" : "; ") + text; }

LensLayerRow layer_row(const CellColumns& cell, const LayerColumns& lens, const Means& all,
                       const MeansBootstrap& bootstrap, std::size_t state) {
  LensLayerRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.layer = static_cast<std::int64_t>(state) - 1;
  row.interval = bootstrap.name();
  if (state < lens.margin.size()) {
    row.n = count_defined(lens.margin[state]);
    row.n_right = count_defined(all.right[state]);
    row.n_wrong = count_defined(all.wrong[state]);
  }
  if (state < all.delta.value.size())
    row.n_blank = count_defined(difference(lens.margin[state], lens.blank[state]));
  add_limits(all.margin, state, bootstrap, row.margin, row.margin_low, row.margin_high);
  add_limits(all.delta, state, bootstrap, row.delta_img, row.delta_low, row.delta_high);
  add_limits(all.sep, state, bootstrap, row.sep, row.sep_low, row.sep_high);
  row.margin_blank = at(all.blank, state);
  row.first = at(all.first, state);
  row.top2 = at(all.top2, state);
  if (row.n == 0)
    say(row.note, "margin: no item has one (no lens, or no reference)");
  else if (row.n_blank == 0)
    say(row.note, "delta_img: no blank-image run");
  if (row.n > 0 && (row.n_right == 0 || row.n_wrong == 0))
    say(row.note, "sep: the items are of one class");
  if (state == 0) {
    say(row.note, "embeddings: contributions, residual updates and H_s start at block 0");
    return row;
  }
  const std::size_t block = state - 1;
  row.attention = at(all.attention.value, block);
  row.mlp = at(all.mlp.value, block);
  row.attention_norm = at(all.attention_norm.value, block);
  row.mlp_norm = at(all.mlp_norm.value, block);
  if (block < lens.resid.size()) {
    row.n_resid = count_defined(lens.resid[block]);
    row.resid_sd = deviation(lens.resid[block]);
  }
  row.resid = at(all.resid, block);
  row.resid_relative = at(all.relative, block);
  if (block < lens.h_s.size()) row.n_h = count_defined(lens.h_s[block]);
  row.h_s = at(all.h_s, block);
  row.h_n = at(all.h_n, block);
  if (block > 0) row.dh_s = at(all.h_s, block) - at(all.h_s, block - 1);
  add_limits(all.change, block, bootstrap, row.h_change, row.h_change_low, row.h_change_high);
  if (!std::isfinite(row.attention)) say(row.note, "contributions: no item has them");
  if (row.n_resid == 0)
    say(row.note, "residual update: no item has one");
  else if (row.n_resid == 1)
    say(row.note, "resid_sd: one item");
  if (row.n_h == 0)
    say(row.note, "H_s: no item has every layer");
  else if (block == 0)
    say(row.note, "dH_s starts at block 1");
  return row;
}

/// Largest |margin - (embedding + all contributions)| over items.
double sum_check(const LayerColumns& lens) {
  double worst = kUndefined;
  if (lens.margin.empty() || lens.attention.empty() || lens.mlp.empty()) return worst;
  for (std::size_t i = 0; i < lens.embedding.size(); ++i) {
    double sum = lens.embedding[i];
    for (std::size_t l = 0; l < lens.attention.size(); ++l)
      sum += lens.attention[l][i] + lens.mlp[l][i];
    const double gap = std::abs(sum - lens.margin.back()[i]);
    if (!std::isnan(gap)) worst = std::isnan(worst) ? gap : std::max(worst, gap);
  }
  return worst;
}

/// Peaks are looked for among blocks: index 0 of a curve of states is the embeddings.
std::vector<double> of_blocks(const std::vector<double>& states) {
  return states.empty() ? states : std::vector<double>(states.begin() + 1, states.end());
}

LensSummaryRow peak_row(const CellColumns& cell, const LayerColumns& lens, const Means& all,
                        const std::vector<LensLayerRow>& layers) {
  LensSummaryRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.layers = static_cast<std::int64_t>(lens.blocks);
  row.interval = layers.front().interval;
  row.n = layers.back().n;
  row.invalid = static_cast<std::int64_t>(cell.size()) - row.n;
  row.l_vis = largest(of_blocks(all.delta.value));
  row.l_sep = largest(of_blocks(all.sep.value));
  row.l_margin = largest(of_blocks(all.margin.value));
  const auto of = [&](std::int64_t layer) -> const LensLayerRow& {
    return layers[static_cast<std::size_t>(layer + 1)];
  };
  if (row.l_vis >= 0) {
    row.delta_vis = of(row.l_vis).delta_img;
    row.delta_vis_low = of(row.l_vis).delta_low;
    row.delta_vis_high = of(row.l_vis).delta_high;
    row.margin_vis = of(row.l_vis).margin;
  } else {
    say(row.note, "l_vis: no blank-image margins");
  }
  if (row.l_sep >= 0) {
    row.sep_sep = of(row.l_sep).sep;
    row.sep_sep_low = of(row.l_sep).sep_low;
    row.sep_sep_high = of(row.l_sep).sep_high;
    row.margin_sep = of(row.l_sep).margin;
  } else {
    say(row.note, "l_sep: no margins, or items of one class");
  }
  if (row.l_margin >= 0)
    row.margin_peak = of(row.l_margin).margin;
  else
    say(row.note, "margin: no item has one");
  row.margin_final = layers.back().margin;
  row.margin_final_low = layers.back().margin_low;
  row.margin_final_high = layers.back().margin_high;
  row.delta_final = layers.back().delta_img;
  row.embedding = mean_of(lens.embedding);
  row.sum_check = sum_check(lens);
  if (!std::isfinite(row.embedding)) say(row.note, "contributions: no item has them");
  std::vector<double> falls;
  for (std::size_t l = 1; l < all.h_s.size(); ++l) falls.push_back(all.h_s[l - 1] - all.h_s[l]);
  const std::int64_t lock = largest(falls);
  if (lock >= 0) {
    row.early_lock = lock + 1;
    row.dh_early_lock = -falls[static_cast<std::size_t>(lock)];
    row.dh_final = -falls.back();
    row.n_h = layers.back().n_h;
  } else {
    say(row.note, "early lock: H_s of fewer than two layers");
  }
  return row;
}

const char* printed_as(const std::string& form, const std::string& set) {
  if (form == "signed" && (set == "boost" || set == "last2"))
    return "LLaVA 82.1 % (with the predicted token in place of the target)";
  if (form == "absolute" && set == "visual") return "PaliGemma 47.6 %";
  if (form == "norm" && set == "all") return "Qwen2-VL 68.2 %";
  return "";
}

/// Sum over the set of a form's parts, from means or from one replicate of them.
double part(const std::string& form, double mean) {
  return form == "absolute" ? std::abs(mean) : mean;
}

ShareRow share_row(const CellColumns& cell, const LayerColumns& lens, const Means& all,
                   const MeansBootstrap& bootstrap, const std::string& form,
                   const std::string& set) {
  ShareRow row;
  row.model = cell.model;
  row.benchmark = cell.benchmark;
  row.form = form;
  row.layer_set = set;
  row.is_default = form == "absolute" && set == "growth";
  row.printed_as = printed_as(form, set);
  row.interval = bootstrap.name();
  const Curve& attention = form == "norm" ? all.attention_norm : all.attention;
  const Curve& mlp = form == "norm" ? all.mlp_norm : all.mlp;
  if (!mlp.has(0) || !attention.has(0)) {
    row.note = "no item has contributions";
    return row;
  }
  row.n = count_defined(form == "norm" ? lens.mlp_norm[0] : lens.mlp[0]);
  const std::vector<std::int64_t> blocks = layer_set(set, all.margin.value, all.delta.value);
  row.layers = static_cast<std::int64_t>(blocks.size());
  row.attention = row.mlp = 0;
  std::vector<std::string> names;
  std::vector<double> a(attention.replicates[0].size()), m(a.size());
  for (const std::int64_t block : blocks) {
    const auto l = static_cast<std::size_t>(block);
    names.push_back(std::to_string(block));
    row.attention += part(form, attention.value[l]);
    row.mlp += part(form, mlp.value[l]);
    for (std::size_t b = 0; b < a.size(); ++b) {
      a[b] += part(form, attention.replicates[l][b]);
      m[b] += part(form, mlp.replicates[l][b]);
    }
  }
  row.blocks = join(names, " ");
  if (blocks.empty()) {
    row.note = set == "growth" || set == "last2" || set == "all"
                   ? "no block belongs to the set"
                   : "no block belongs to the set: delta_img is small or was not computed";
    return row;
  }
  if (row.mlp + row.attention == 0) {
    row.note = "the sum of all parts is 0";
    return row;
  }
  row.share = row.mlp / (row.mlp + row.attention);
  for (std::size_t b = 0; b < a.size(); ++b)
    m[b] = a[b] + m[b] == 0 ? kUndefined : m[b] / (a[b] + m[b]);
  const MeanLimits limits = bootstrap.limits(m);
  row.low = limits.low;
  row.high = limits.high;
  return row;
}

}  // namespace

std::int64_t largest(const std::vector<double>& values) {
  std::int64_t best = -2;
  for (std::size_t k = 0; k < values.size(); ++k)
    if (!std::isnan(values[k]) && (best < 0 || values[k] > values[static_cast<std::size_t>(best)]))
      best = static_cast<std::int64_t>(k);
  return best;
}

std::vector<std::int64_t> layer_set(const std::string& name, const std::vector<double>& margin,
                                    const std::vector<double>& delta) {
  constexpr double kVisual = 0.5;  // logits
  std::vector<std::int64_t> out;
  const std::size_t states = margin.size();
  for (std::size_t state = 1; state < states; ++state) {
    const double change = at(delta, state);
    const bool inside = name == "growth"   ? margin[state] > margin[state - 1]
                        : name == "visual" ? std::abs(change) > kVisual
                        : name == "boost"  ? change > kVisual
                        : name == "last2"  ? state + 2 >= states
                                           : true;
    if (inside) out.push_back(static_cast<std::int64_t>(state) - 1);
  }
  return out;
}

LensResult lens_result(const CellColumns& cell, const LayerColumns& lens,
                       const ReduceParams& params, const Draws& draws) {
  LensResult out;
  if (!lens.any()) return out;
  const std::vector<std::int8_t> labels = primary_labels(cell);
  std::vector<std::int8_t> answered(cell.size());
  for (std::size_t i = 0; i < cell.size(); ++i)
    answered[i] = cell.failed[i] ? stats::kNoLabel : std::int8_t{1};
  const MeansBootstrap bootstrap(cell.group, draws_groups(cell, answered, params), params, draws,
                                 cell.model + "/" + cell.benchmark + "/lens");
  Means all;
  all.right = where_label(lens.margin, labels, 1);
  all.wrong = where_label(lens.margin, labels, 0);
  all.margin = curve_of("margin", lens.margin, bootstrap);
  all.delta = curve_of("delta", minus(lens.margin, lens.blank), bootstrap);
  all.sep = minus(curve_of("right", all.right, bootstrap), curve_of("wrong", all.wrong, bootstrap));
  all.attention = curve_of("attention", lens.attention, bootstrap);
  all.mlp = curve_of("mlp", lens.mlp, bootstrap);
  all.attention_norm = curve_of("attention norm", lens.attention_norm, bootstrap);
  all.mlp_norm = curve_of("mlp norm", lens.mlp_norm, bootstrap);
  Columns change;
  for (const auto& column : lens.h_s) change.push_back(difference(column, lens.h_s.front()));
  all.change = curve_of("change", change, bootstrap);
  all.blank = means(lens.blank);
  all.first = means(lens.first);
  all.top2 = means(lens.top2);
  all.resid = means(lens.resid);
  all.relative = means(lens.relative);
  all.h_s = means(lens.h_s);
  all.h_n = means(lens.h_n);
  for (std::size_t state = 0; state <= lens.blocks; ++state) {
    out.layers.push_back(layer_row(cell, lens, all, bootstrap, state));
    out.layers.back().seed = static_cast<std::int64_t>(draws.seed());
  }
  out.peaks.push_back(peak_row(cell, lens, all, out.layers));
  out.peaks.back().seed = static_cast<std::int64_t>(draws.seed());
  for (const char* form : {"absolute", "signed", "norm"})
    for (const char* set : {"growth", "visual", "boost", "last2", "all"}) {
      out.shares.push_back(share_row(cell, lens, all, bootstrap, form, set));
      out.shares.back().seed = static_cast<std::int64_t>(draws.seed());
    }
  return out;
}

}  // namespace vrp
