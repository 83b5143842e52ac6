// T5, T6, T11 and the list of every intervention.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/reduce/edited_block.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

using Index = std::vector<std::size_t>;

std::string count(double value) {
  return std::isfinite(value) ? fixed(value, value == std::floor(value) ? 0 : 1) : "n/a";
}

/// Rows of a cell on all items; `wanted` chooses.
template <class Wanted>
Index rows_where(const Results& results, Wanted wanted) {
  Index out;
  for (std::size_t i = 0; i < results.effects.size(); ++i)
    if (wanted(results.effects[i])) out.push_back(i);
  return out;
}

std::vector<std::pair<std::string, std::string>> effect_cells(const Results& results) {
  std::vector<std::pair<std::string, std::string>> cells;
  for (const EffectRow& row : results.effects)
    if (cells.empty() || cells.back() != std::pair(row.model, row.benchmark))
      cells.emplace_back(row.model, row.benchmark);
  return cells;
}

/// The same condition on the items that ask whether an object is there; nullptr = none.
const EffectRow* on_existence(const Results& results, const EffectRow& row) {
  if (asks_existence(row.benchmark)) return &row;
  for (const EffectRow& other : results.effects)
    if (other.model == row.model && other.benchmark == row.benchmark &&
        other.condition == row.condition && other.against == row.against &&
        asks_existence(other.type))
      return &other;
  return nullptr;
}

std::string spread_text(const EffectRow& row) {
  return row.draws > 1 ? interval_text(row.draw_low, row.draw_high, 1, true) : std::string("-");
}

std::string flips_text(const EffectRow& row) {
  return std::isfinite(row.lost) ? concat(count(row.lost), " / ", count(row.gained))
                                 : std::string("n/a");
}

std::string detectable_text(const EffectRow& row) {
  return std::isfinite(row.mde_pp) ? fixed(row.mde_pp, 1) + " pp" : "n/a";
}

constexpr const char* kNoFlips = "flips are counted for one condition against one other";
constexpr const char* kNoMargin = "no item has a final margin under both conditions";

std::string or_note(const EffectRow& row, const char* reason) {
  return row.note.empty() ? std::string(reason) : row.note;
}

/// Why an effect has no p.
std::string why_untested(const EffectRow& row) {
  if (!row.note.empty()) return row.note;
  return "both sides are means over random draws, no test is defined for them";
}

bool is_baseline(const EffectRow& row) { return row.family == "baseline"; }

void add_accuracy(Table& table, const EffectRow& row, const char* statistic,
                  const PaperFigure* paper) {
  TableValue value = value_of(row, {}, paper);
  value.what = row.condition;
  value.statistic = statistic;
  value.estimate = row.accuracy;
  value.low = value.high = value.p = kUndefined;
  value.interval = value.test = "none: see delta_pp";
  value.method = "correct answers / n, mean over draws";
  value.note = std::isfinite(row.accuracy) ? std::string() : row.note;
  add_value(table, value);
}

void add_number(Table& table, const EffectRow& row, const char* statistic, double estimate,
                const char* method, const std::string& no_value) {
  TableValue value = value_of(row, {}, nullptr);
  value.statistic = statistic;
  value.estimate = estimate;
  value.low = value.high = value.p = kUndefined;
  value.interval = value.test = "none: see delta_pp";
  value.method = method;
  value.note = std::isfinite(estimate) ? std::string() : row.note.empty() ? no_value : row.note;
  add_value(table, value);
}

/// The row's numbers for machines, on the items of its own type.
void add_effect(Table& table, const Results& results, std::size_t i, const PaperFigure* paper) {
  const EffectRow& row = results.effects[i];
  if (is_baseline(row)) return;
  TableValue effect = value_of(row, results.effects_adjusted[i], paper);
  if (std::isnan(row.p)) effect.test = concat("none: ", why_untested(row));
  add_value(table, effect);
  add_number(table, row, "lost", row.lost, "items right before, wrong now; mean over draws",
             kNoFlips);
  add_number(table, row, "gained", row.gained, "items wrong before, right now; mean over draws",
             kNoFlips);
  add_number(table, row, "minimum_detectable_pp", row.mde_pp, "80 % power at two-sided 0.05",
             kNoFlips);
  add_number(table, row, "item_pp", row.item_pp, "one item", "no item was used");
  if (row.draws > 1) {
    add_number(table, row, "draw_low_pp", row.draw_low, "2.5 % quantile of the effect over draws",
               "no draw has a value");
    add_number(table, row, "draw_high_pp", row.draw_high,
               "97.5 % quantile of the effect over draws", "no draw has a value");
  }
  add_number(table, row, "margin_change", row.margin_change,
             "mean change of the final margin, logits, over the items with both margins",
             kNoMargin);
}

/// Name of a condition among the paper's rows of T5 and T6; "" = not one of them.
std::string paper_row(const EffectRow& row) {
  if (is_baseline(row)) return "baseline";
  if (row.family == "bypass") return "bypass";
  if (row.operation != "zero") return "";
  if (row.family == "scaled") return concat("random", row.count);
  if (row.target == "single") return "single";
  return row.family == "neuron" ? row.target + std::to_string(row.count) : "";
}

/// "L31 random5 zero (20 draws)", "A - B" for a specific effect.
std::string condition_text(const EffectRow& row) {
  const bool contrast = !is_baseline(row) && row.against != "baseline";
  return concat(row.condition, contrast ? " - " + row.against : std::string(),
                row.draws > 1 ? concat(" (", row.draws, " draws)") : std::string());
}

/// The paper's accuracy and the part of it in the other column, without repeating the unit.
std::string both_printed(const PaperFigure* all, const PaperFigure* object) {
  if (!all) return "-";
  return object ? concat(all->printed, " / ", object->printed) : std::string(all->printed);
}

void power_note(Table& table) {
  table.notes.push_back(
      "Delta: percentage points of accuracy on the same items; interval over images where an image "
      "has more than one item; spread: 2.5 and 97.5 % of single random draws. Lost / gained: "
      "answers right before and wrong now / the other way (mean over draws).");
  const std::string tests = tests_sentence(table);
  if (!tests.empty()) table.notes.push_back(tests);
  table.notes.push_back(
      "p adj: Holm over every intervention of the model on its sets; pooled sets repeat the items "
      "of "
      "their sets and are adjusted apart. Detectable: smallest difference that 80 % power finds at "
      "the observed flips; where these are too few to find anything, the fewest one-way flips that "
      "could be found.");
}

void not_run(Table& table) {
  if (table.display.empty())
    table.notes.push_back(
        "The interventions stage was not part of this run, or held no such "
        "condition.");
}

}  // namespace

Table table_t5(const Results& results, const RunFacts& facts) {
  Table table = long_table("T5", "T5. Neurons of the last block switched off", facts);
  table.headers = {"Model",           "Set",           "Condition", "n",          "Invalid",
                   "Overall",         "Object-ID",     "Delta",     "Interval",   "Spread",
                   "Delta object-ID", "Lost / gained", "p adj",     "Detectable", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true,
                   true,  true,  true,  true, true, true, true};
  TableNotes one_item;
  People people(table);
  for (const auto& [model, benchmark] : effect_cells(results)) {
    const std::int64_t block = edited_block(results, model);
    if (block < 0) continue;
    bool single_taken = false;
    std::string first_single = "none";  // "L5 single1 ", whatever is done to it
    const Index rows = rows_where(results, [&](const EffectRow& row) {
      return row.model == model && row.benchmark == benchmark && row.type.empty() &&
             (is_baseline(row) || (row.family == "neuron" && row.layer == block));
    });
    if (rows.size() < 2) continue;  // the baseline alone
    for (const std::size_t i : rows) {
      const EffectRow& row = results.effects[i];
      std::string name = row.against == "baseline" || is_baseline(row) ? paper_row(row) : "";
      if (name == "single" && single_taken) name.clear();
      single_taken = single_taken || name == "single";
      if (name == "single") first_single = row.condition.substr(0, row.condition.rfind(' ') + 1);
      const auto figure = [&](const char* statistic) {
        return name.empty() ? nullptr : paper_figure("T5", model, benchmark, name, statistic);
      };
      const bool contrast = !is_baseline(row) && row.against != "baseline";
      const EffectRow* object = on_existence(results, row);
      if (!contrast) add_accuracy(table, row, "accuracy", figure("accuracy"));
      if (!contrast && object)
        add_accuracy(table, *object, "object_accuracy", figure("object_accuracy"));
      add_effect(table, results, i, figure("delta_pp"));
      if (object && object != &row && !is_baseline(row)) {
        const auto at = static_cast<std::size_t>(object - results.effects.data());
        TableValue value =
            value_of(*object, results.effects_adjusted[at], figure("object_delta_pp"));
        if (std::isnan(object->p)) value.test = concat("none: ", why_untested(*object));
        value.statistic = "object_delta_pp";
        add_value(table, value);
      }
      const bool of_single = row.target == "single" && !contrast;
      const bool shown = of_single ? row.condition.starts_with(first_single) ||
                                         row.condition.find(" N") != std::string::npos
                                   : row.operation == "zero" || is_baseline(row);
      if (!shown) continue;
      const PaperFigure* of_all = figure("accuracy");
      const PaperFigure* of_object = figure("object_accuracy");
      const auto of_effect = [&](const std::string& text) {
        return is_baseline(row) ? std::string("-") : text;
      };
      people.add(
          {model, display_set(benchmark), condition_text(row), std::to_string(row.n),
           std::to_string(row.invalid), contrast ? "-" : percent(row.accuracy),
           contrast || !object
               ? "-"
               : concat(people.cell(percent(object->accuracy), object->note), " (", object->n, ")"),
           of_effect(points(row.delta_pp)), of_effect(interval_text(row.low, row.high, 1, true)),
           spread_text(row), !object ? "-" : of_effect(points(object->delta_pp)),
           is_baseline(row) ? "-" : people.cell(flips_text(row), or_note(row, kNoFlips)),
           is_baseline(row)
               ? "-"
               : people.cell(p_text(results.effects_adjusted[i].value), why_untested(row)),
           is_baseline(row) ? "-" : people.cell(detectable_text(row), or_note(row, kNoFlips)),
           both_printed(of_all, of_object)},
          row.note);
      if (std::isfinite(row.item_pp))
        one_item.add(concat("one item is ", fixed(row.item_pp, 2), " pp"),
                     concat(model, "/", display_set(benchmark)));
    }
  }
  table.notes.push_back(
      "Shown: the probe's first neuron (zero and clamped) and the sets of neurons at zero. Other "
      "neurons, clamps, means and blocks: table interventions and the CSV.");
  table.notes.push_back(
      "Object-ID: accuracy on questions that ask whether an object is there (the POPE items), with "
      "their number; a set without such questions shows '-'. The pooled set joins the model's sets "
      "as the paper's 200 mixed "
      "questions do. Targets come from probes that did not see the item's image.");
  one_item.write(table);
  power_note(table);
  table.notes.push_back(
      "Paper: LLaVA-1.5-7B, block 31, n = 200 with 12 object-ID questions, so its -8.3 pp is one "
      "answer. Its N1512 stands beside our probe's first neuron.");
  people.write();
  not_run(table);
  return table;
}

Table table_t6(const Results& results, const RunFacts& facts) {
  Table table = long_table("T6", "T6. Many neurons switched off at once, and the whole MLP", facts);
  table.headers = {"Model",    "Set",        "Condition", "n",      "Invalid",
                   "Accuracy", "Delta",      "Interval",  "Spread", "Lost / gained",
                   "p adj",    "Detectable", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true, true, true};
  People people(table);
  for (const auto& [model, benchmark] : effect_cells(results)) {
    const std::int64_t block = edited_block(results, model);
    if (block < 0) continue;
    Index rows = rows_where(results, [&](const EffectRow& row) {
      const bool top = row.family == "neuron" && row.target == "top" && row.count >= 10 &&
                       row.operation == "zero" && row.layer == block;
      const bool many = (row.family == "scaled" || row.family == "bypass") && row.layer == block;
      return row.model == model && row.benchmark == benchmark && row.type.empty() &&
             (is_baseline(row) || ((top || many) && row.against == "baseline"));
    });
    if (rows.size() < 2) continue;
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      const auto order = [&](std::size_t i) {
        const EffectRow& row = results.effects[i];
        return std::pair(is_baseline(row)         ? 0
                         : row.family == "neuron" ? 1
                         : row.family == "scaled" ? 2
                                                  : 3,
                         row.count);
      };
      return order(a) < order(b);
    });
    for (const std::size_t i : rows) {
      const EffectRow& row = results.effects[i];
      const std::string name = paper_row(row);
      const PaperFigure* accuracy = paper_figure("T6", model, benchmark, name, "accuracy");
      const PaperFigure* delta = paper_figure("T6", model, benchmark, name, "delta_pp");
      add_accuracy(table, row, "accuracy", accuracy);
      add_effect(table, results, i, delta);
      people.add(
          {model, display_set(benchmark), condition_text(row), std::to_string(row.n),
           std::to_string(row.invalid), percent(row.accuracy),
           is_baseline(row) ? "-" : points(row.delta_pp),
           is_baseline(row) ? "-" : interval_text(row.low, row.high, 1, true), spread_text(row),
           is_baseline(row) ? "-" : people.cell(flips_text(row), or_note(row, kNoFlips)),
           is_baseline(row)
               ? "-"
               : people.cell(p_text(results.effects_adjusted[i].value), why_untested(row)),
           is_baseline(row) ? "-" : people.cell(detectable_text(row), or_note(row, kNoFlips)),
           accuracy ? concat(accuracy->printed, delta ? ", " : "",
                             delta ? delta->printed : std::string_view())
                    : "-"},
          row.note);
    }
  }
  power_note(table);
  table.notes.push_back(
      "Random counts are shares of the residual width, draws nested (the larger set contains the "
      "smaller). Paper: 500 and 1000 of 2048 (PaliGemma, block 15), 500, 1000 and 2000 of 3584 "
      "(Qwen2-VL, block 25), one draw each; its bypass row prints +5.0 where its accuracies give "
      "+10.0.");
  people.write();
  not_run(table);
  return table;
}

Table table_t11(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("T11", "T11. Patches hidden by attention: does the answer need them?", facts);
  table.headers = {"Model",    "Set",        "Condition", "n",      "Invalid",
                   "Accuracy", "Delta",      "Interval",  "Spread", "Lost / gained",
                   "p adj",    "Detectable", "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true, true, true, true, true, true};
  People people(table);
  for (const auto& [model, benchmark] : effect_cells(results)) {
    const Index rows = rows_where(results, [&](const EffectRow& row) {
      return row.model == model && row.benchmark == benchmark && row.type.empty() &&
             (row.family == "mask" || is_baseline(row));
    });
    if (rows.size() < 2) continue;
    for (const std::size_t i : rows) {
      const EffectRow& row = results.effects[i];
      const bool contrast = !is_baseline(row) && row.against != "baseline";
      const PaperFigure* paper =
          row.target == "high" && !contrast && row.operation == "pixel"
              ? paper_figure("T11", model, benchmark, "mask high", "delta_pp")
              : nullptr;
      if (!contrast) add_accuracy(table, row, "accuracy", nullptr);
      add_effect(table, results, i, paper);
      people.add(
          {model, display_set(benchmark),
           contrast ? row.condition + " - " + row.against : condition_text(row),
           std::to_string(row.n), std::to_string(row.invalid),
           contrast ? "-" : percent(row.accuracy), is_baseline(row) ? "-" : points(row.delta_pp),
           is_baseline(row) ? "-" : interval_text(row.low, row.high, 1, true), spread_text(row),
           is_baseline(row) ? "-" : people.cell(flips_text(row), or_note(row, kNoFlips)),
           is_baseline(row)
               ? "-"
               : people.cell(p_text(results.effects_adjusted[i].value), why_untested(row)),
           is_baseline(row) ? "-" : people.cell(detectable_text(row), or_note(row, kNoFlips)),
           printed(paper)},
          row.note);
    }
  }
  table.notes.push_back(
      "30 % of the image cells become grey before the model sees them. The effect of 'high' alone "
      "is no evidence for attention: the specific effects high - random and high - low are.");
  power_note(table);
  table.notes.push_back(
      "Paper: -8.2 pp (LLaVA; its raw runs give that figure for the 13B model) and -11.3 pp "
      "(PaliGemma), p < 0.001. Its raw runs, for orientation: PaliGemma 75.4 % to 64.1 (high), "
      "70.5 (low), 68.0 (random); Qwen2-VL 68.1 % to 56.7, 56.3, 58.2 (high against low p = "
      "0.76).");
  people.write();
  not_run(table);
  return table;
}

Table table_effects(const Results& results, const RunFacts& facts) {
  Table table = long_table("interventions", "Every intervention on every set", facts);
  table.headers = {"Model",   "Set",     "Condition",  "Against",      "Draws",    "n",
                   "Invalid", "Changed", "Accuracy",   "Delta",        "Interval", "Lost / gained",
                   "p",       "p adj",   "Detectable", "Margin change"};
  table.numeric = {false, false, false, false, true, true, true, true,
                   true,  true,  true,  true,  true, true, true, true};
  People people(table);
  for (std::size_t i = 0; i < results.effects.size(); ++i) {
    const EffectRow& row = results.effects[i];
    if (row.against == "baseline" && !is_baseline(row))
      add_accuracy(table, row, "accuracy", nullptr);
    add_effect(table, results, i, nullptr);
    if (!row.type.empty() || is_baseline(row)) continue;
    people.add({row.model, display_set(row.benchmark), row.condition, row.against,
                row.draws > 1 ? std::to_string(row.draws) : "-", std::to_string(row.n),
                std::to_string(row.invalid), percent(row.changed), percent(row.accuracy),
                points(row.delta_pp), interval_text(row.low, row.high, 1, true),
                people.cell(flips_text(row), or_note(row, kNoFlips)),
                people.cell(p_text(row.p), why_untested(row)),
                people.cell(p_text(results.effects_adjusted[i].value), why_untested(row)),
                people.cell(detectable_text(row), or_note(row, kNoFlips)),
                people.cell(fixed(row.margin_change, 2, true), or_note(row, kNoMargin))},
               row.note);
  }
  table.notes.push_back(
      "Changed: answers with other tokens than the baseline's. Effects by question type are in the "
      "CSV. p n/a: both sides are means over draws.");
  power_note(table);
  people.write();
  not_run(table);
  return table;
}

}  // namespace vrp
