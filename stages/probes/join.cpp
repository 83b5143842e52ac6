#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "stages/probes/controls.hpp"
#include "stages/probes/fusion.hpp"
#include "stages/probes/probes.hpp"
#include "stages/probes/products.hpp"

namespace vrp {
namespace {

/// All parts of one probe and variant.
struct Joined {
  std::vector<ProbeCandidate> candidates;
  std::vector<double> shuffle, shuffle_last;
};

struct CellParts {
  std::map<std::string, Joined> probe;  ///< "hidden_mlp", "hidden_mlp_blank" ...
  ProbeOutcome finished;
};

void append_draws(const Record& record, const char* name, std::vector<double>& out) {
  if (record.find(name) == nullptr) return;
  const auto& draws = record.values<double>(name);
  out.insert(out.end(), draws.begin(), draws.end());
}

CellParts read_parts(const ProbeInput& input) {
  CellParts parts;
  input.each("probe_fits", [&](const Record& record) {
    const std::string& probe = record.values<std::string>("part/probe").at(0);
    const std::string& variant = record.values<std::string>("part/variant").at(0);
    append(parts.finished, read_outcome(record));
    Joined& joined = parts.probe[variant.empty() ? probe : probe + "_" + variant];
    for (ProbeCandidate& candidate : read_candidates(record))
      joined.candidates.push_back(std::move(candidate));
    append_draws(record, "shuffle/auroc", joined.shuffle);
    append_draws(record, "shuffle/auroc_last", joined.shuffle_last);
  });
  for (auto& [name, joined] : parts.probe)  // parts may come in any order
    std::stable_sort(
        joined.candidates.begin(), joined.candidates.end(),
        [](const ProbeCandidate& a, const ProbeCandidate& b) { return a.layer < b.layer; });
  return parts;
}

struct NamedProbe {
  const char* name;
  const char* fit;  ///< of the parts
  const char* description;
  bool last_block = false;  ///< only block L-1
  bool needs_reference = false;
};
const NamedProbe kProbes[] = {
    {"hidden_probe", "hidden_mlp", "MLP on h(l), l chosen on the training part"},
    {"linear_probe", "hidden_linear", "L2 logistic on h(l), l chosen on the training part"},
    {"linear_h_last", "hidden_linear", "L2 logistic on h(L-1)", true},
    {"last5", "last5", "probe on the last five layers"},
    {"contrib12", "contrib12",
     "L2 logistic on cumulative contributions to the margin of the reference answer: a diagnostic",
     false, true},
    {"sparse", "sparse", "L1 logistic on the MLP outputs, layer chosen on the training part"},
    {"ensemble_attention", "attention", "net on the attention maps of all layers"}};

class Join {
 public:
  Join(const ProbeInput& input, const ProbesParams& params) : input_(input), params_(params) {
    items_ = read_items(input, params, [&](const Record& record, std::size_t) {
      if (record.find("output/p_tok") == nullptr) return;
      const auto& p_tok = record.values<double>("output/p_tok");
      p_tok_.insert(p_tok_.end(), p_tok.begin(), p_tok.end());
    });
    task_ = {items_.y, make_folds(items_, items_.y, params.outer_folds, params.inner_folds)};
    check_duplicates(*input.items, task_.folds, params.allow_duplicates);
    parts_ = read_parts(input);
    out_ = std::move(parts_.finished);
  }

  Record run() {
    if (has_control(params_, "type_only")) general_.push_back(type_only(items_));
    if (has_control(params_, "length_only")) general_.push_back(length_only(items_, task_));
    for (const NamedProbe& probe : kProbes)
      if (parts_.probe.count(probe.fit)) add_probe(probe);
    if (fits_probe(params_, "fusion")) add_fusion();
    if (has_control(params_, "duplicates")) add_duplicates();
    Record record;
    record.add("item/key", {"item"}, {static_cast<std::int64_t>(items_.size())}, input_.items->key,
               "", "item key");
    record.add("item/fold", {"item"}, {static_cast<std::int64_t>(items_.size())},
               std::vector<std::int32_t>(task_.folds.fold.begin(), task_.folds.fold.end()), "1",
               "outer fold by image; -1 = not used");
    add_outcome(record, out_);
    return record;
  }

 private:
  /// The candidates that a probe chooses from; its own task leaves out items without its input.
  std::vector<ProbeCandidate> candidates_of(const NamedProbe& probe, const std::string& fit) const {
    const auto entry = parts_.probe.find(fit);
    std::vector<ProbeCandidate> out;
    if (entry == parts_.probe.end()) return out;
    for (const ProbeCandidate& c : entry->second.candidates)
      if (!probe.last_block || c.layer == input_.layers - 1) out.push_back(c);
    return out;
  }

  void add_probe(const NamedProbe& probe) {
    const std::vector<ProbeCandidate> candidates = candidates_of(probe, probe.fit);
    if (candidates.empty()) return;
    const ProbeSelection selection = select(candidates, task_.folds);
    out_.columns.push_back(
        {probe.name, 1, selection.score, "logit", probe.description, probe.needs_reference});
    const auto folds = fold_rows(probe.name, candidates, selection, task_);
    out_.folds.insert(out_.folds.end(), folds.begin(), folds.end());
    if (!probe.last_block) {
      auto layers = layer_rows(probe.name, candidates, task_, input_.layers);
      if (probe.needs_reference)
        for (ProbeLayerRow& row : layers)
          row.note += "; contributions to the reference's margin: a diagnostic, not a predictor";
      out_.layers.insert(out_.layers.end(), layers.begin(), layers.end());
    }
    add_controls(probe, candidates, selection);
  }

  void add_controls(const NamedProbe& probe, const std::vector<ProbeCandidate>& candidates,
                    const ProbeSelection& selection) {
    const auto add = [&](ProbeControlRow row) {
      row.probe = probe.name;
      out_.controls.push_back(std::move(row));
    };
    for (const ProbeControlRow& row : general_) add(row);
    const auto scored = std::count_if(selection.score.begin(), selection.score.end(),
                                      [](double v) { return v == v; });
    const Joined& joined = parts_.probe.at(probe.fit);
    const std::vector<double>& draws = probe.last_block ? joined.shuffle_last : joined.shuffle;
    if (!draws.empty())
      add(shuffle_row(draws, score_auroc(selection.score, task_.y),
                      static_cast<std::int64_t>(scored)));
    for (const char* variant : {"blank", "residualised"}) {
      const auto of_variant = candidates_of(probe, std::string(probe.fit) + "_" + variant);
      if (!of_variant.empty()) add(variant_row(variant, of_variant));
    }
    if (has_control(params_, "authors_split")) add(authors_row(candidates));
    if (has_control(params_, "max_cosine")) add_cosine(candidates, selection, add);
  }

  ProbeControlRow variant_row(const char* variant,
                              const std::vector<ProbeCandidate>& candidates) const {
    const ProbeSelection selection = select(candidates, task_.folds);
    ProbeControlRow row;
    row.control = variant;
    row.n = std::count_if(selection.score.begin(), selection.score.end(),
                          [](double v) { return v == v; });
    row.value = score_auroc(selection.score, task_.y);
    for (const std::string& note : selection.note)
      if (row.note.empty()) row.note = note;
    return row;
  }

  /// Best layer on the test part, as the authors choose it: leaks twice.
  ProbeControlRow authors_row(const std::vector<ProbeCandidate>& candidates) const {
    ProbeControlRow row;
    row.control = "authors_split";
    const Folds split = authors_split(items_, items_.y);
    row.n = std::count(split.fold.begin(), split.fold.end(), 0);
    row.note = "leaky: split by item, layer chosen on the test part";
    const ProbeCandidate* best = nullptr;
    for (const ProbeCandidate& c : candidates)
      if (c.authors_auroc == c.authors_auroc &&
          (best == nullptr || c.authors_auroc > best->authors_auroc))
        best = &c;
    if (best == nullptr) {
      row.note = split.defined() ? "undefined in every layer" : split.note;
      return row;
    }
    row.value = best->authors_auroc;
    if (best->layer > -2) row.note += concat(" (block ", best->layer, ")");
    return row;
  }

  template <class Add>
  void add_cosine(const std::vector<ProbeCandidate>& candidates, const ProbeSelection& selection,
                  const Add& add) const {
    ProbeControlRow row;
    row.control = "max_cosine";
    row.n = static_cast<std::int64_t>(items_.used().size());
    for (const int chosen : selection.chosen) {
      if (chosen < 0) continue;
      const double value = candidates[static_cast<std::size_t>(chosen)].max_cosine;
      if (value == value && !(row.value >= value)) row.value = value;
    }
    if (row.value == row.value) add(row);
  }

  void add_duplicates() {
    const auto row_of = [&](const char* probe, const Folds& folds, const char* note) {
      ProbeControlRow row;
      row.probe = probe;
      row.control = "duplicates";
      row.n = static_cast<std::int64_t>(items_.used().size());
      row.value = static_cast<double>(duplicate_pairs(*input_.items, folds));
      row.note = note;
      out_.controls.push_back(row);
    };
    row_of("folds", task_.folds, "pairs of one image and question in two folds");
    if (has_control(params_, "authors_split"))
      row_of("authors_split", authors_split(items_, items_.y),
             "pairs of one image and question in training and test");
  }

  std::vector<double> signal(const char* stage, const char* name) const {
    std::vector<double> out;
    input_.each(stage, [&](const Record& record) {
      if (record.find(name) == nullptr) return;
      const std::vector<double> values = record.as_double(name);
      out.insert(out.end(), values.begin(), values.end());
    });
    return out;
  }

  void add_fusion() {
    std::vector<FusionSignal> signals = {{"h_s", signal("metrics", "metrics/h_s")},
                                         {"c_k", signal("metrics", "metrics/c_k")},
                                         {"p_tok", p_tok_},
                                         {"s_sc", signal("consistency", "consistency/s_sc")}};
    for (FusionSignal& s : signals)
      if (s.value.size() != items_.size()) s.value.assign(items_.size(), kUndefined);
    const auto hidden = candidates_of(kProbes[0], kProbes[0].fit);
    const ProbeSelection selection = select(hidden, task_.folds);
    append(out_, fuse(signals, hidden, selection, task_, params_.fusion_c));
  }

  const ProbeInput& input_;
  const ProbesParams& params_;
  CellItems items_;
  std::vector<double> p_tok_;
  Task task_;
  CellParts parts_;
  ProbeOutcome out_;
  std::vector<ProbeControlRow> general_;
};

}  // namespace

Record join_probes(const ProbeInput& input, const ProbesParams& params) {
  check(params);
  prepare_products(input.threads);
  Record record = Join(input, params).run();
  if (input.advance) input.advance(static_cast<std::int64_t>(input.items->size()));
  return record;
}

}  // namespace vrp
