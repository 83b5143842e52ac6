#include "stages/probes/heads.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/correlation.hpp"
#include "stages/capture/record.hpp"

namespace vrp {
namespace {

using Rows = std::vector<std::int32_t>;
using Heads = std::vector<std::int64_t>;

class HeadsFit {
 public:
  HeadsFit(const ProbeInput& input, const ProbesParams& params) : input_(input), params_(params) {}

  ProbeOutcome run() {
    gather();
    if (!missing_.empty()) return undefined_heads(params_, items_.size(), missing_);
    folds_ = make_folds(items_, items_.y, params_.outer_folds, params_.inner_folds);
    if (!folds_.defined()) return undefined_heads(params_, items_.size(), folds_.note);
    const HeadCounts counts = head_counts(params_, gains_.count());
    ks_ = counts.used;
    if (ks_.empty())
      return undefined_heads(params_, items_.size(),
                             concat("the model has ", gains_.count(), " heads, fewer than any k"));
    for (const std::int64_t k : counts.too_many)
      left_out_ += concat(left_out_.empty() ? "left out, the model has only " : "",
                          left_out_.empty() ? concat(gains_.count(), " heads: k=") : " ", k);
    rank();
    read_maps();
    return outcome();
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  std::size_t largest() const { return static_cast<std::size_t>(ks_.back()); }

  /// First pass: labels, gains, and which items have both gains and maps.
  void gather() {
    items_ = read_items(input_, params_, [&](const Record& record, std::size_t) {
      if (missing_.empty()) missing_ = heads_missing(record);
      if (!missing_.empty()) return;
      gains_.add(record);
      const auto& status = record.values<std::int32_t>("item/status");
      for (const std::int32_t s : status)
        usable_.push_back(s == static_cast<int>(ItemStatus::ok) && gains_.defined(usable_.size()));
    });
  }

  std::vector<std::size_t> usable(const Rows& rows) const {
    std::vector<std::size_t> out;
    for (const std::int32_t row : rows)
      if (usable_[static_cast<std::size_t>(row)]) out.push_back(static_cast<std::size_t>(row));
    return out;
  }

  Heads top(FitPart part) const {
    return gains_.top(usable(rows_of(folds_, part, Use::train)), ks_.back());
  }

  void rank() {
    for (int f = 0; f < folds_.outer; ++f) {
      outer_.push_back(top({f, -1}));
      inner_.emplace_back();
      for (int g = 0; folds_.inner_note[at(f)].empty() && g < folds_.inner; ++g)
        inner_.back().push_back(top({f, g}));
      value_.emplace_back(ks_.size(), std::vector<double>(items_.size(), kUndefined));
    }
  }

  /// Second pass: the entropies of each item under the heads that were chosen without it.
  void read_maps() {
    std::size_t first = 0;
    input_.each("capture", [&](const Record& record) {
      const std::size_t n = record.values<std::int32_t>("item/status").size();
      require_head_maps(record, gains_);
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t row = first + i;
        if (items_.y[row] < 0 || !usable_[row]) continue;
        for (int f = 0; f < folds_.outer; ++f) {
          const int g = folds_.inner_fold[at(f)][row];
          if (folds_.fold[row] != f && (g < 0 || inner_[at(f)].empty())) continue;
          const Heads& ranked = folds_.fold[row] == f ? outer_[at(f)] : inner_[at(f)][at(g)];
          const std::vector<double> values = head_entropies(record, i, ranked, ks_);
          for (std::size_t j = 0; j < ks_.size(); ++j) value_[at(f)][j][row] = values[j];
        }
      }
      first += n;
    });
  }

  /// Mean AUROC of -H_n over the inner folds of outer fold f that have both classes.
  double inner_auroc(int f, std::size_t j) const {
    std::vector<double> score = value_[at(f)][j];
    for (double& s : score) s = -s;
    double sum = 0;
    int defined = 0;
    for (int g = 0; g < folds_.inner; ++g) {
      const double auroc = score_auroc(score, items_.y, rows_of(folds_, {f, g}, Use::test));
      if (std::isnan(auroc)) continue;
      sum += auroc;
      ++defined;
    }
    return defined > 0 ? sum / defined : kUndefined;
  }

  ProbeFoldRow fold_row(const std::string& probe, int f, std::size_t j, double inner) const {
    const Rows test = rows_of(folds_, {f, -1}, Use::test);
    std::vector<double> score = value_[at(f)][j];
    for (double& s : score) s = -s;
    ProbeFoldRow row;
    row.probe = probe;
    row.fold = f;
    row.train = static_cast<std::int64_t>(usable(rows_of(folds_, {f, -1}, Use::train)).size());
    for (const std::size_t i : usable(test)) {
      ++row.test;
      row.test_correct += items_.y[i];
    }
    row.inner_auroc = inner;
    row.auroc = score_auroc(score, items_.y, test);
    if (row.train == 0)
      row.note = "no training item has head gains and maps";
    else if (std::isnan(row.auroc))
      row.note = "the fold lacks a class, or its items have no maps";
    return row;
  }

  std::string heads_of(int f, std::size_t j) const {
    std::string out = "heads=";
    const Heads& ranked = outer_[at(f)];
    for (std::size_t r = 0; r < ranked.size() && r < static_cast<std::size_t>(ks_[j]); ++r)
      out += concat(r > 0 ? " " : "", head_name(ranked[r], gains_.heads()));
    return out;
  }

  ProbeOutcome outcome() {
    ProbeOutcome out;
    for (const std::int64_t k : ks_) out.columns.push_back(heads_column(k, items_.size()));
    out.columns.push_back(heads_column(0, items_.size()));
    ProbeColumn& chosen = out.columns.back();
    for (int f = 0; f < folds_.outer; ++f) {
      std::size_t best = 0;
      double best_auroc = kUndefined;
      for (std::size_t j = 0; j < ks_.size(); ++j) {
        const double inner = inner_auroc(f, j);
        if (inner > best_auroc || (std::isnan(best_auroc) && !std::isnan(inner))) {
          best = j;
          best_auroc = inner;
        }
        ProbeFoldRow row = fold_row(out.columns[j].name, f, j, inner);
        row.choice = heads_of(f, j);
        out.folds.push_back(std::move(row));
      }
      ProbeFoldRow row = fold_row(chosen.name, f, best, best_auroc);
      row.choice = concat("k=", ks_[best]);
      if (row.note.empty() && std::isnan(best_auroc))
        row.note = "no inner fold has both classes: smallest k taken";
      out.folds.push_back(std::move(row));
      for (const std::int32_t r : rows_of(folds_, {f, -1}, Use::test)) {
        const auto i = static_cast<std::size_t>(r);
        for (std::size_t j = 0; j < ks_.size(); ++j) out.columns[j].score[i] = value_[at(f)][j][i];
        chosen.score[i] = value_[at(f)][best][i];
      }
    }
    add_r2(out);
    return out;
  }

  void add_r2(ProbeOutcome& out) const {
    std::int64_t without = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) without += items_.y[i] >= 0 && !usable_[i];
    std::string note = left_out_;
    if (without > 0)
      note += concat(note.empty() ? "" : "; ", without,
                     " labelled items without head gains or valid maps left out");
    ProbeControlRow largest;
    largest.probe = "head_entropy";
    largest.control = "r2_max";
    for (const ProbeColumn& column : out.columns) {
      ProbeControlRow row;
      row.probe = column.name;
      row.control = "r2";
      row.note = note;
      set_r2(row, stats::point_biserial(column.score, items_.y));
      if (column.name != "head_entropy" &&
          (row.value > largest.value || std::isnan(largest.value))) {
        largest.value = row.value;
        largest.n = row.n;
      }
      out.controls.push_back(std::move(row));
    }
    largest.note = concat("maximum over ", ks_.size(), " values of k, not corrected for the choice",
                          note.empty() ? "" : "; ", note);
    out.controls.push_back(std::move(largest));
  }

  const ProbeInput& input_;
  const ProbesParams& params_;
  CellItems items_;
  HeadGains gains_;
  std::vector<bool> usable_;
  std::string missing_, left_out_;
  Folds folds_;
  Heads ks_;
  std::vector<Heads> outer_;               ///< [outer] ranked heads of the training part
  std::vector<std::vector<Heads>> inner_;  ///< [outer][inner], or empty
  std::vector<std::vector<std::vector<double>>> value_;  ///< [outer][k][item] H_n
};

}  // namespace

ProbeOutcome fit_heads(const ProbeInput& input, const ProbesParams& params) {
  if (params.heads_form == "authors") return fit_heads_authors(input, params);
  return HeadsFit(input, params).run();
}

}  // namespace vrp
