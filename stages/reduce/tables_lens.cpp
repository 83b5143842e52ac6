// T2: where the answer is made, and by what.
#include "pipeline/base/error.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

const ShareRow* find_share(const Results& results, const LensSummaryRow& lens,
                           std::string_view form, std::string_view set) {
  for (const ShareRow& row : results.shares)
    if (row.model == lens.model && row.benchmark == lens.benchmark && row.form == form &&
        row.layer_set == set)
      return &row;
  return nullptr;
}

constexpr const char* kNotMade = "no item has the states or margins that this needs";

bool counts_objects(std::string_view benchmark) {
  ReduceParams counting;
  counting.pooled = "counting";
  return in_pooled_set(benchmark, counting);
}

/// "L5 (+1.20)".
std::string peak_text(std::int64_t layer, double value) {
  return layer < 0 ? "n/a" : concat(layer_text(layer), " (", fixed(value, 2, true), ")");
}

TableValue blank(const LensSummaryRow& row, const char* statistic, double estimate) {
  TableValue value;
  value.model = row.model;
  value.benchmark = row.benchmark;
  value.what = "lens";
  value.statistic = statistic;
  value.n = row.n;
  value.invalid = row.invalid;
  value.estimate = estimate;
  value.interval = "none: a block's number or a value at a chosen block";
  value.test = "none: described, not tested";
  value.note = std::isfinite(estimate) ? std::string()
               : row.note.empty()      ? std::string(kNotMade)
                                       : row.note;
  return value;
}

double layer_number(std::int64_t layer) {
  return layer < 0 ? kUndefined : static_cast<double>(layer);
}

void add_peaks(Table& table, const LensSummaryRow& row, std::int64_t items,
               const PaperFigure* layer, const PaperFigure* peak) {
  TableValue value = blank(row, "peak_layer", layer_number(row.l_vis));
  value.method = "block of the largest mean delta_img (margin minus blank-image margin)";
  value.paper = layer;
  add_value(table, value);
  value = blank(row, "peak_value", row.delta_vis);
  value.low = row.delta_vis_low;
  value.high = row.delta_vis_high;
  value.interval = row.interval;
  value.method = "mean delta_img at that block, logits";
  value.paper = peak;
  add_value(table, value);
  value = blank(row, "l_sep", layer_number(row.l_sep));
  value.method = "block of the largest mean margin of correct minus incorrect items";
  add_value(table, value);
  value = blank(row, "sep_at_l_sep", row.sep_sep);
  value.low = row.sep_sep_low;
  value.high = row.sep_sep_high;
  value.interval = row.interval;
  value.method = "that difference, logits";
  add_value(table, value);
  value = blank(row, "l_margin", layer_number(row.l_margin));
  value.method = "block of the largest mean margin";
  add_value(table, value);
  value = blank(row, "margin_at_l_margin", row.margin_peak);
  value.method = "mean margin there, logits";
  add_value(table, value);
  value = blank(row, "final_margin", row.margin_final);
  value.low = row.margin_final_low;
  value.high = row.margin_final_high;
  value.interval = row.interval;
  value.method = "mean margin of the last block, logits";
  add_value(table, value);
  value = blank(row, "early_lock_layer", layer_number(row.early_lock));
  value.n = row.n_h;
  value.invalid = unused(items, row.n_h);
  value.method = "block of the most negative mean H_s(l) - H_s(l-1)";
  add_value(table, value);
  value = blank(row, "dh_at_early_lock", row.dh_early_lock);
  value.n = row.n_h;
  value.invalid = unused(items, row.n_h);
  value.method = "mean change there, nats";
  add_value(table, value);
  value = blank(row, "final_diffusion", row.dh_final);
  value.n = row.n_h;
  value.invalid = unused(items, row.n_h);
  value.method = "mean H_s(L-1) - H_s(L-2), nats";
  add_value(table, value);
}

void add_share(Table& table, const ShareRow& share, std::int64_t items, const PaperFigure* paper) {
  TableValue value;
  value.model = share.model;
  value.benchmark = share.benchmark;
  value.what = concat("MLP share, ", share.form, ", ", share.layer_set);
  value.statistic = "mlp_share";
  value.n = share.n;
  value.invalid = unused(items, share.n);
  value.test = "none: described, not tested";
  value.estimate = share.share;
  value.low = share.low;
  value.high = share.high;
  value.interval = share.interval + ", layers fixed";
  value.method =
      concat(share.form == "norm" ? "L2 norms of block outputs" : "direct contributions",
             share.form == "absolute" ? ", absolute values of means" : "", ", blocks ",
             share.blocks.empty() ? "none" : share.blocks,
             share.printed_as.empty() ? "" : "; definition of the printed ", share.printed_as);
  value.note = share.note;
  value.paper = paper;
  add_value(table, value);
}

}  // namespace

Table table_t2(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("T2", "T2. Where the answer appears, and the share of the MLP blocks", facts);
  table.headers = {"Model",
                   "Set",
                   "n",
                   "Invalid",
                   "Peak visual layer",
                   "Peak value",
                   "Interval",
                   "l_sep (gap)",
                   "Final margin",
                   "Interval",
                   "MLP share",
                   "Interval",
                   "Signed, boost",
                   "Norm, all",
                   "Paper"};
  table.numeric = {false, false, true, true, true, true, true, true,
                   true,  true,  true, true, true, true, false};
  People people(table);
  TableNotes notes;
  for (const LensSummaryRow& row : results.lens) {
    const auto figure = [&](const char* statistic) {
      return paper_figure("T2", row.model, row.benchmark, "lens", statistic);
    };
    const PaperFigure *layer = figure("peak_layer"), *peak = figure("peak_value"),
                      *mlp = figure("mlp_share");
    const std::int64_t items = items_of(results, row.model, row.benchmark);
    add_peaks(table, row, items, layer, peak);
    for (const ShareRow& share : results.shares)
      if (share.model == row.model && share.benchmark == row.benchmark)
        add_share(table, share, items, share.is_default ? mlp : nullptr);
    const auto share_text = [&](const char* form, const char* set, bool limits) {
      const ShareRow* share = find_share(results, row, form, set);
      const std::string reason = !share ? "no contributions were computed" : share->note;
      if (limits)
        return people.cell(share ? percent_interval(share->low, share->high) : "n/a", reason);
      return people.cell(percent(share ? share->share : kUndefined), reason);
    };
    const std::string reason = row.note.empty() ? kNotMade : row.note;
    people.add({row.model, display_set(row.benchmark), std::to_string(row.n),
                std::to_string(row.invalid), layer_text(row.l_vis), fixed(row.delta_vis, 2, true),
                interval_text(row.delta_vis_low, row.delta_vis_high, 2, true),
                peak_text(row.l_sep, row.sep_sep), fixed(row.margin_final, 2, true),
                interval_text(row.margin_final_low, row.margin_final_high, 2, true),
                share_text("absolute", "growth", false), share_text("absolute", "growth", true),
                share_text("signed", "boost", false), share_text("norm", "all", false),
                layer ? concat(layer->printed, ", ", peak->printed, ", ", mlp->printed) : "-"},
               reason);
    if (counts_objects(row.benchmark) && paper_model(row.model) == "llava")
      notes.add(
          "the tokenizer writes a number as a blank piece and its digit, so at the last prompt "
          "position the digit is not due yet and these margins are those of a digit at the place "
          "of the blank",
          row.model + "/" + display_set(row.benchmark));
  }
  table.notes.push_back(
      "Margin: largest logit of the target's first tokens minus the largest other one, after the "
      "final norm, at the last prompt position, in logits. Peak: block with the largest mean "
      "difference from the run with a grey picture, and that difference. l_sep: block with the "
      "largest mean margin of correct minus incorrect items, and that gap. Intervals: 95 % of the "
      "mean, block fixed.");
  table.notes.push_back(
      "MLP share: |MLP| / (|MLP| + |attention|) of the mean direct contributions, over the blocks "
      "at which the mean margin grows. Every form over every set of layers is in the CSV.");
  table.notes.push_back(
      "Paper: peak layer, value and MLP share of its own checkpoints; '-': the paper prints none. "
      "Its three shares follow three definitions: LLaVA signed over the boosted layers, PaliGemma "
      "absolute over the visual ones, Qwen2-VL norms over all; its peaks mix the layers of "
      "delta_img, of the gap and of the last block.");
  notes.write(table);
  people.write();
  if (table.display.empty())
    table.notes.push_back("The capture stage of this run wrote no logit lens.");
  return table;
}

}  // namespace vrp
