#include "stages/reduce/tables_delta_rows.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/paper_command.hpp"
#include "stages/reduce/people.hpp"

namespace vrp {
namespace {

constexpr const char* kNone = "-";

/// How people read a cell's numbers.
enum class Form { share, points, layer, count, p, two, three };

Form form_of(const PublishedCell& cell) {
  const std::string_view what = cell.figure.statistic;
  if (what == "delta_pp" || what == "object_delta_pp") return Form::points;
  if (what == "p") return Form::p;
  if (what == "n" || what == "precision_n" || what == "samples" || what == "reference" ||
      what == "k_total" || what == "c_k")
    return Form::count;
  if (what.ends_with("_layer") || what == "layer") return Form::layer;
  for (const char* share : {"accuracy", "precision_at_sc1", "precision_interval", "mlp_share",
                            "nonzero", "confidence", "share_of_wrong", "share_of_correct"})
    if (what.ends_with(share)) return Form::share;
  for (const char* two : {"peak_value", "delta", "weight", "layer_role", "dh_s", "margin",
                          "resid_flat", "resid_rise"})
    if (what == two) return Form::two;
  return cell.figure.table == "T7" && cell.high - cell.low > 0.005 ? Form::two : Form::three;
}

bool has_sign(const PublishedCell& cell) {
  const std::string_view what = cell.figure.statistic;
  return what == "r" || what == "r_interval" || form_of(cell) == Form::two;
}

std::string shown(double value, const PublishedCell& cell, bool sign) {
  if (!std::isfinite(value)) return kNone;
  switch (form_of(cell)) {
    case Form::share:
      return percent(value);
    case Form::points:
      return points(value);
    case Form::layer:
      return concat('L', fixed(value, 0));
    case Form::count:
      return fixed(value, 0);
    case Form::p:
      return p_text(value);
    case Form::two:
      return fixed(value, cell.figure.table == "T7" ? 3 : 2, sign && cell.figure.table != "T7");
    case Form::three:
      break;
  }
  return fixed(value, 3, sign);
}

std::string limits(const Counterpart& ours, const PublishedCell& cell) {
  const double low = ours.value.low, high = ours.value.high;
  if (ours.exact || !std::isfinite(low) || !std::isfinite(high)) return kNone;
  switch (form_of(cell)) {
    case Form::share:
      return percent_interval(low, high);
    case Form::points:
      return interval_text(low, high, 1, true);
    case Form::layer:
      return concat('L', fixed(low, 0), " to L", fixed(high, 0));
    case Form::two:
      return interval_text(low, high, cell.figure.table == "T7" ? 3 : 2, cell.figure.table != "T7");
    default:
      return interval_text(low, high, 3, has_sign(cell));
  }
}

std::string shown_difference(double difference, const PublishedCell& cell) {
  if (!std::isfinite(difference)) return kNone;
  switch (form_of(cell)) {
    case Form::share:
      return fixed(100 * difference, 1, true) + " pp";
    case Form::points:
      return points(difference);
    case Form::layer:
    case Form::count:
      return fixed(difference, 0, true);
    case Form::two:
      return fixed(difference, cell.figure.table == "T7" ? 3 : 2, true);
    default:
      return fixed(difference, 3, true);
  }
}

std::string in_words(const PublishedCell& cell) {
  if (!cell.words.empty()) return std::string(cell.words);
  const PaperFigure& figure = cell.figure;
  const std::string_view what = figure.statistic;
  struct Word {
    std::string_view statistic, text;
  };
  constexpr Word kWords[] = {{"auroc", "AUROC"},
                             {"r", "R"},
                             {"r_interval", "interval of R"},
                             {"n", "items"},
                             {"p", "p"},
                             {"precision_at_sc1", "precision at SC = 1"},
                             {"precision_interval", "interval of the precision"},
                             {"precision_n", "items at SC = 1"},
                             {"r2_max", "R2 of the top-k heads"},
                             {"probe_accuracy", "accuracy"},
                             {"object_accuracy", "accuracy, object-ID"},
                             {"delta_pp", "effect"},
                             {"object_delta_pp", "effect, object-ID"},
                             {"peak_layer", "peak visual layer"},
                             {"peak_value", "peak value"},
                             {"peak_value_layer", "layer of the peak value"},
                             {"mlp_share", "MLP share"},
                             {"best_layer", "best layer"},
                             {"layer_accuracy", "accuracy at its layer"},
                             {"sparse_accuracy", "accuracy of the sparse probe"},
                             {"nonzero", "nonzero weights"}};
  std::string words(what);
  for (const Word& word : kWords)
    if (word.statistic == what) words = word.text;
  const bool alone = figure.signal.empty() || figure.signal == "lens" || what == "r2_max";
  return alone ? words : concat(display_name(figure.signal), ", ", words);
}

/// Number of `text` in `list`, from 0; appended when new.
std::size_t number_of(std::vector<std::string>& list, const std::string& text) {
  const auto found = std::ranges::find(list, text);
  if (found != list.end()) return static_cast<std::size_t>(found - list.begin());
  list.push_back(text);
  return list.size() - 1;
}

void describe(DeltaRow& row, DeltaRows& all) {
  const PublishedCell& cell = *row.cell;
  const PaperFigure& figure = cell.figure;
  row.quantity = in_words(cell);
  row.printed = std::string(figure.printed);
  row.model = figure.model.empty() ? "not named" : std::string(paper_model_name(figure.model));
  row.set = figure.set.empty() ? "not named" : std::string(figure.set);
  row.estimate = row.interval = row.n = row.invalid = row.difference = kNone;
  if (row.ours) {
    const TableValue& value = row.ours->value;
    row.model = value.model;
    row.set = display_set(value.benchmark);
    row.n = std::to_string(value.n);
    row.invalid = std::to_string(value.invalid);
    row.estimate = shown(value.estimate, cell, has_sign(cell));
    row.interval = limits(*row.ours, cell);
    row.difference = shown_difference(difference_of(row), cell);
  }
  const PaperNoteText note = paper_note(cell.note);
  std::vector<std::string> notes = {
      std::to_string(1 + number_of(all.definitions,
                                   concat("Ours: ", note.ours, ". The print: ", note.print, ".")))};
  if (!row.judgement.reason.empty() && row.judgement.verdict == PaperVerdict::not_testable)
    notes.push_back(concat('(', note_letter(number_of(all.reasons, row.judgement.reason)), ')'));
  notes.push_back(concat('C', 1 + number_of(all.commands, paper_command(cell))));
  if (cell.unverified) notes.emplace_back("u");
  if (cell.early) notes.emplace_back("e");
  row.notes = join(notes, ", ");
}

}  // namespace

void VerdictCounts::add(PaperVerdict verdict) {
  ++rows[verdict == PaperVerdict::inside             ? 0
         : verdict == PaperVerdict::outside          ? 1
         : verdict == PaperVerdict::other_definition ? 2
                                                     : 3];
}

double difference_of(const DeltaRow& row) {
  return row.ours ? row.ours->value.estimate - row.cell->figure.value : kUndefined;
}

DeltaRows delta_rows(const Results& results, const RunFacts& facts) {
  DeltaRows out;
  const bool authors = facts.profile == "authors";
  for (const PublishedCell& cell : published_cells()) {
    std::vector<Counterpart> found = counterparts(cell, results, facts);
    if (found.empty()) {
      DeltaRow row;
      row.cell = &cell;
      row.judgement = judge(cell, nullptr, authors, no_counterpart(cell, results, facts));
      out.rows.push_back(std::move(row));
    }
    for (Counterpart& ours : found) {
      DeltaRow row;
      row.cell = &cell;
      row.judgement = judge(cell, &ours, authors);
      row.ours = std::move(ours);
      out.rows.push_back(std::move(row));
    }
  }
  for (DeltaRow& row : out.rows) describe(row, out);
  return out;
}

}  // namespace vrp
