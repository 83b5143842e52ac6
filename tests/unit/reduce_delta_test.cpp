// Every printed number beside ours: the list itself, the verdicts, and what a reader is told.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/paper_command.hpp"
#include "stages/reduce/tables_delta_rows.hpp"

using namespace vrp;
using Catch::Contains;

namespace {

/// The printed numbers as the paper has them, typed from it table by table.
const std::map<std::string, std::string> kPrinted = {
    {"T1", "67.6 % | 0.008 | 53.0 % | 78.6 % | 0.080 | 55.0 % | 28.8 % | 0.007 | 52.0 %"},
    {"T2",
     "L24 | +9.20 (L31) | L31 | 82.1 % | L14 | +10.85 (L14) | L14 | 47.6 % | L27 | +8.40 (L27) | "
     "L27 | 68.2 %"},
    {"T3",
     "0.956 | 0.956 | 0.559 | 0.745 | 0.563 | 0.721 | 0.738 | 0.738 | 0.892 | 0.795 | 0.859 | "
     "0.806 | 0.971 | 0.971 | 0.892 | 0.778 | 0.774 | 0.852"},
    {"T4",
     "+0.001 [-0.034, 0.036] | [-0.034, 0.036] | 3090 | > 0.05 | -0.012 [-0.047, 0.024] | "
     "[-0.047, 0.024] | 3090 | > 0.05 | +0.429 | 90.8 % [88.4, 92.8] | [88.4, 92.8] % | "
     "not printed (about 670)"},
    {"T5",
     "54.5 % | 100.0 % | 54.5 % | 100.0 % | 0.0 pp | 0.0 pp | 52.5 % | 91.7 % | -2.0 pp | -8.3 pp "
     "| "
     "54.5 % | 100.0 % | 0.0 pp | 0.0 pp | 0.0 pp | 1.00 | 0.0 pp | 1.00 | < 1 %"},
    {"T6",
     "97.0 % | 96.3 % | -0.7 pp | 97.0 % | 0.0 pp (24 %) | 96.0 % | -1.0 pp (49 %) | 55.0 % | "
     "58.0 % | +3.0 pp (14 %) | 56.0 % | +1.0 pp (28 %) | 57.0 % | +2.0 pp (56 %) | 65.0 % | "
     "+5.0 pp (its own figures give +10.0)"},
    {"T7",
     "0.50 | 0.50 | 0.50 | 0.50 | 0.50 | 0.50 | 0.50 | 0.52 | 0.51 | 0.54 | 0.55 | 0.53 | 0.72 | "
     "0.70 | 0.63 | 0.956 | 0.738 | 0.971 | 0.956 | 0.738 | 0.970 | 0.78 | 0.81 | 0.79"},
    {"T7 early", "0.83 | 0.944 | 0.944 | L21 | L10 | L18 | 88.0 % | 100.0 % | 100.0 %"},
    {"T8", "0.500 | 0.504 | 0.501 | 0.620 | 0.725 | 0.784"},
    {"T9",
     "N1512: +27.23, weight +2.41 | N1512: +2.41 | N2847: +18.56, weight +1.89 | N2847: +1.89 | "
     "N3201: +15.02, weight +1.52 | N3201: +1.52 | N1360: -3.11, weight -1.94 | N1360: -1.94 | "
     "N0892: -4.25, weight -1.67 | N0892: -1.67 | N2156: -2.89, weight -1.31 | N2156: -1.31 | "
     "N3839: -3.08 | N2660: -2.95 | 82.3 % | 86.3 % | 5.7 % | 4-6 % | 50,000+ samples | +0.53 | "
     "-0.85 to -2.27 | +2.61 | +8.80"},
    {"T11", "-8.2 pp | p < 0.001 | -11.3 pp (p < 0.001) | p < 0.001"},
    {"F3", "about -2.5 | about +1.0 | re-sharpens | re-sharpens"},
    {"F4", "flat | rise"},
    {"F5", "0.321 | bottom 15 % | 0 | No | L14 | 54.6 % | +9.57"},
    {"A.4", "3 | Four | 92 % | 3"},
    {"A.6", "15 % | 22 %"}};

const PublishedCell& cell_of(const std::string& table, const std::string& model,
                             const std::string& set, const std::string& signal,
                             const std::string& statistic) {
  for (const PublishedCell& cell : published_cells())
    if (cell.figure.table == table && cell.figure.model == model && cell.figure.set == set &&
        cell.figure.signal == signal && cell.figure.statistic == statistic)
      return cell;
  FAIL("no cell " << table << ' ' << model << ' ' << set << ' ' << signal << ' ' << statistic);
  throw std::logic_error("unreachable");
}

Counterpart ours(double estimate, double low, double high) {
  Counterpart out;
  out.value.n = 1000;
  out.value.estimate = estimate;
  out.value.low = low;
  out.value.high = high;
  out.value.interval = "test";
  return out;
}

const CheckpointShape kLlava{"llava", 32, 32, 32, 4096, 11008, 336};
const CheckpointShape kPaligemma{"paligemma", 18, 8, 1, 2048, 16384, 224};

StatRow stat(const std::string& model, const std::string& benchmark, const std::string& signal,
             const std::string& statistic, double estimate, double low, double high,
             std::int64_t n = 1000) {
  StatRow row;
  row.model = model;
  row.benchmark = benchmark;
  row.signal = signal;
  row.statistic = statistic;
  row.estimate = estimate;
  row.low = low;
  row.high = high;
  row.n = n;
  row.interval = "percentile";
  return row;
}

void add(Results& results, StatRow row) {
  results.statistics.push_back(std::move(row));
  results.adjusted.emplace_back();
}

EffectRow effect(const std::string& condition, const std::string& family, const std::string& target,
                 const std::string& operation, std::int64_t layer, std::int64_t count,
                 double accuracy, double delta) {
  EffectRow row;
  row.model = "paligemma-3b-mix-224";
  row.benchmark = "pope";
  row.condition = condition;
  row.against = "baseline";
  row.family = family;
  row.target = target;
  row.operation = operation;
  row.layer = layer;
  row.count = count;
  row.n = 1000;
  row.accuracy = accuracy;
  row.delta_pp = delta;
  row.low = delta - 1;
  row.high = delta + 1;
  row.interval = "percentile";
  return row;
}

const DeltaRow& row_of(const DeltaRows& rows, const std::string& table, const std::string& signal,
                       const std::string& statistic, const std::string& model) {
  for (const DeltaRow& row : rows.rows)
    if (row.cell->figure.table == table && row.cell->figure.signal == signal &&
        row.cell->figure.statistic == statistic && row.cell->figure.model == model)
      return row;
  FAIL("no row " << table << ' ' << signal << ' ' << statistic);
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("every printed number is a cell, once, in the order of the paper", "[paper][delta]") {
  std::map<std::string, std::string> found;
  std::set<std::string> names;
  for (const PublishedCell& cell : published_cells()) {
    const PaperFigure& figure = cell.figure;
    std::string& list = found[std::string(figure.table)];
    list += concat(list.empty() ? "" : " | ", figure.printed);
    CHECK(names
              .insert(concat(figure.table, '/', figure.model, '/', figure.set, '/', figure.signal,
                             '/', figure.statistic))
              .second);
  }
  for (const auto& [table, printed] : kPrinted) {
    INFO(table);
    CHECK(found[table] == printed);
  }
  CHECK(found.size() == kPrinted.size());
  CHECK(published_cells().size() == 171);
}

TEST_CASE("a cell's interval is that of its digits, and its number stands in it",
          "[paper][delta]") {
  for (const PublishedCell& cell : published_cells()) {
    INFO(cell.figure.table << ' ' << cell.figure.signal << ' ' << cell.figure.printed);
    CHECK(cell.low <= cell.high);
    if (std::isfinite(cell.figure.value)) {
      CHECK(cell.figure.value == Approx((cell.low + cell.high) / 2));
      CHECK(cell.high - cell.low <= 0.1 + 1e-12);
    }
    const PaperNoteText note = paper_note(cell.note);
    CHECK_FALSE(note.ours.empty());
    CHECK_FALSE(note.print.empty());
    CHECK((cell.print == Print::untestable) == !note.why.empty());
    for (const std::string_view text : {note.ours, note.print, note.why})
      CHECK_FALSE(text.ends_with('.'));
  }
  CHECK(cell_of("T7", "llava", "pope", "s_sc", "auroc").low == Approx(0.775));
  CHECK(cell_of("T1", "llava", "pope", "", "accuracy").high == Approx(0.6765));
  CHECK(cell_of("T11", "paligemma", "pope", "mask high", "delta_pp").low == Approx(-11.35));
}

TEST_CASE("no source is claimed for what has none, and none denied to what has one",
          "[paper][delta]") {
  for (const PublishedCell& cell : published_cells()) {
    const std::string table(cell.figure.table), signal(cell.figure.signal);
    INFO(table << ' ' << signal << ' ' << cell.figure.printed);
    // A print whose source is known to be something else is explained, not unverified.
    if (cell.print == Print::authors || cell.print == Print::elsewhere)
      CHECK_FALSE(cell.unverified);
    if (signal == "s_sc") CHECK(cell.unverified);
    for (const char* whole : {"T4", "T6", "F3", "F4", "A.4", "A.6"})
      if (table == whole) CHECK(cell.unverified);
    if (table == "T3" && (cell.figure.set == "vqav2" || cell.figure.set == "textvqa"))
      CHECK(cell.unverified);
    if (table == "T8" && signal != "random") CHECK(cell.unverified);
    CHECK(cell.early ==
          (table == "T7 early" || table == "T9" ||
           (table == "F5" && (cell.figure.printed == "54.6 %" || cell.figure.printed == "+9.57"))));
  }
}

TEST_CASE("inside means that the interval of the rounding meets ours", "[paper][delta]") {
  const PublishedCell& cell = cell_of("T7", "llava", "pope", "s_sc", "auroc");  // 0.78
  const auto verdict = [&](double low, double high) {
    const Counterpart number = ours((low + high) / 2, low, high);
    return judge(cell, &number, false).verdict;
  };
  CHECK(verdict(0.70, 0.80) == PaperVerdict::inside);
  CHECK(verdict(0.785, 0.80) == PaperVerdict::inside);  // the ends touch
  CHECK(verdict(0.7851, 0.80) == PaperVerdict::outside);
  CHECK(verdict(0.70, 0.775) == PaperVerdict::inside);
  CHECK(verdict(0.70, 0.7749) == PaperVerdict::outside);
  CHECK(verdict(0.779, 0.781) == PaperVerdict::inside);  // ours within the rounding
}

TEST_CASE("a number without interval or value has no verdict, a layer is its own interval",
          "[paper][delta]") {
  const PublishedCell& cell = cell_of("T7", "llava", "pope", "s_sc", "auroc");
  Counterpart number = ours(0.78, kUndefined, 0.8);
  number.value.interval = "none: one random split";
  Judgement judgement = judge(cell, &number, false);
  CHECK(judgement.verdict == PaperVerdict::not_testable);
  CHECK(judgement.reason == "ours has no interval: one random split");
  number = ours(kUndefined, 0.7, 0.8);
  number.value.note = "one class only";
  judgement = judge(cell, &number, false);
  CHECK(judgement.verdict == PaperVerdict::not_testable);
  CHECK(judgement.reason == "ours is not defined: one class only");
  judgement = judge(cell, nullptr, false, "no LLaVA-1.5-7B in this run");
  CHECK(judgement.verdict == PaperVerdict::not_testable);
  CHECK(judgement.reason == "no LLaVA-1.5-7B in this run");

  const PublishedCell& layer = cell_of("T2", "paligemma", "pope", "lens", "peak_layer");  // L14
  Counterpart block = ours(14, kUndefined, kUndefined);
  block.exact = true;
  CHECK(judge(layer, &block, true).verdict == PaperVerdict::inside);
  block.value.estimate = 13;
  CHECK(judge(layer, &block, true).verdict == PaperVerdict::outside);

  const PublishedCell& p = cell_of("T4", "", "pooled", "h_s", "p");
  Counterpart value = ours(0.06, kUndefined, kUndefined);
  value.exact = true;
  CHECK(judge(p, &value, false).verdict == PaperVerdict::inside);
  value.value.estimate = 0.01;
  CHECK(judge(p, &value, false).verdict == PaperVerdict::outside);
}

TEST_CASE("another definition is one in the default profile and a comparison in the authors'",
          "[paper][delta]") {
  const PublishedCell& theirs = cell_of("T7", "qwen2vl", "pope", "margin_last", "auroc");
  const PublishedCell& nowhere = cell_of("T7", "llava", "pope", "h_s", "auroc");
  const Counterpart number = ours(0.6, 0.5, 0.7);
  CHECK(judge(theirs, &number, false).verdict == PaperVerdict::other_definition);
  CHECK_THAT(judge(theirs, &number, false).reason, Contains("largest minus second largest logit"));
  CHECK(judge(theirs, &number, true).verdict == PaperVerdict::inside);
  CHECK(judge(nowhere, &number, false).verdict == PaperVerdict::other_definition);
  CHECK(judge(nowhere, &number, true).verdict == PaperVerdict::other_definition);
  // What stands in the way of any comparison comes first, and an untestable cell says why as well.
  Counterpart demo = number;
  demo.obstacle = "another checkpoint";
  CHECK(judge(theirs, &demo, false).verdict == PaperVerdict::not_testable);
  CHECK(judge(theirs, &demo, false).reason == "another checkpoint");
  const PublishedCell& level = cell_of("T5", "llava", "pooled", "baseline", "accuracy");
  CHECK(judge(level, &number, true).verdict == PaperVerdict::not_testable);
  CHECK(judge(level, &demo, true).reason ==
        "another checkpoint; its mix of 200 questions is not published");
}

TEST_CASE("the paper's checkpoint is known by its sizes", "[paper][delta]") {
  CHECK(other_checkpoint("llava", &kLlava).empty());
  CHECK(other_checkpoint("paligemma", &kPaligemma).empty());
  CheckpointShape qwen{"qwen2_vl", 28, 28, 4, 3584, 18944, 0};
  CHECK(other_checkpoint("qwen2vl", &qwen).empty());
  CheckpointShape larger = kLlava;
  larger.layers = 40;
  larger.hidden = 5120;
  CHECK(other_checkpoint("llava", &larger) ==
        "another checkpoint (40 blocks, 32 heads, width 5120; the paper's: 32, 32, 4096)");
  CHECK_FALSE(other_checkpoint("paligemma", &kLlava).empty());
  CheckpointShape at448 = kPaligemma;
  at448.image_size = 448;
  CHECK_FALSE(other_checkpoint("paligemma", &at448).empty());
  CHECK_FALSE(other_checkpoint("llava", nullptr).empty());
  const CheckpointShapes shapes = {{"a", kLlava}, {"b", qwen}};
  const CheckpointShapes back = checkpoint_shapes(to_json(shapes));
  REQUIRE(back.size() == 2);
  CHECK(other_checkpoint("llava", &back.at("a")).empty());
  CHECK(other_checkpoint("qwen2vl", &back.at("b")).empty());
  CHECK(checkpoint_shapes(Json()).empty());
  CHECK(checkpoint_shapes(Json::parse(R"({"a": 3, "b": {"family": 1, "layers": "x"}})")).size() ==
        1);
}

TEST_CASE("a run of the paper's models and sets gets verdicts, any other says why not",
          "[paper][delta]") {
  Results results;
  const std::string model = "llava-1.5-7b";
  add(results, stat(model, "pooled", "", "accuracy", 0.7, 0.6, 0.8, 3000));
  StatRow r = stat(model, "pooled", "h_s", "r", -0.02, -0.05, 0.01, 3000);
  r.low_fisher = -0.055;
  r.high_fisher = 0.016;
  r.p = 0.3;
  add(results, r);
  add(results, stat(model, "pope", "", "accuracy", 0.86, 0.84, 0.88));
  add(results, stat(model, "pope", "s_sc", "auroc", 0.71, 0.66, 0.76));
  add(results, stat(model, "pope", "confidence", "auroc", 0.56, 0.52, 0.60));
  RunFacts facts;
  facts.shapes = {{model, kLlava}};
  DeltaRows rows = delta_rows(results, facts);
  CHECK(row_of(rows, "T7", "s_sc", "auroc", "llava").judgement.verdict == PaperVerdict::outside);
  CHECK(row_of(rows, "T7", "confidence", "auroc", "llava").judgement.verdict ==
        PaperVerdict::inside);
  CHECK(row_of(rows, "T8", "s_sc", "auroc", "llava").difference == "-0.074");
  CHECK(row_of(rows, "T4", "h_s", "r_interval", "").judgement.verdict == PaperVerdict::inside);
  CHECK(row_of(rows, "T4", "h_s", "r_interval", "").ours->value.low == -0.055);
  CHECK(row_of(rows, "T4", "h_s", "n", "").judgement.verdict ==
        PaperVerdict::outside);  // 3000, not 3090
  CHECK(row_of(rows, "T4", "h_s", "p", "").judgement.verdict == PaperVerdict::inside);
  CHECK(row_of(rows, "T1", "", "accuracy", "llava").judgement.verdict ==
        PaperVerdict::other_definition);
  CHECK(row_of(rows, "T8", "random", "auroc", "llava").judgement.verdict == PaperVerdict::inside);
  CHECK_THAT(row_of(rows, "T7", "s_sc", "auroc", "paligemma").judgement.reason,
             Contains("no PaliGemma-3B in this run"));
  CHECK_THAT(row_of(rows, "T3", "confidence", "auroc", "llava").judgement.reason,
             Contains("no VQAv2 set of it in this run"));
  CHECK_THAT(row_of(rows, "T8", "linear_h_last", "auroc", "llava").judgement.reason,
             Contains("was not part of this run"));

  // The same numbers of a small model, of a small set, of a partial run.
  facts.shapes[model] = {"llava", 6, 4, 4, 160, 432, 48};
  rows = delta_rows(results, facts);
  const DeltaRow& small = row_of(rows, "T7", "s_sc", "auroc", "llava");
  CHECK(small.judgement.verdict == PaperVerdict::not_testable);
  CHECK_THAT(small.judgement.reason, Contains("another checkpoint (6 blocks"));
  CHECK(small.estimate == "0.710");
  CHECK(small.difference == "-0.070");
  facts.shapes[model] = kLlava;
  facts.partial = "--limit 20";
  CHECK_THAT(row_of(delta_rows(results, facts), "T7", "s_sc", "auroc", "llava").judgement.reason,
             Contains("partial (--limit 20)"));
  facts.partial.clear();
  for (StatRow& row : results.statistics) row.n = 240;
  CHECK_THAT(row_of(delta_rows(results, facts), "T7", "s_sc", "auroc", "llava").judgement.reason,
             Contains("another set (240 items; the paper's: 1000)"));
  for (StatRow& row : results.statistics) {
    row.n = 1000;
    if (row.benchmark == "pope") row.benchmark = "pope_popular";
  }
  CHECK_THAT(row_of(delta_rows(results, facts), "T7", "s_sc", "auroc", "llava").judgement.reason,
             Contains("adversarial split"));
}

TEST_CASE("profile authors looks where the print was made", "[paper][delta]") {
  Results results;
  const std::string model = "qwen2-vl-7b";
  add(results, stat(model, "pope", "", "accuracy", 0.86, 0.84, 0.88));
  add(results, stat(model, "vqav2", "", "accuracy", 0.29, 0.26, 0.32));
  add(results, stat(model, "pope", "margin_last", "auroc", 0.9, 0.88, 0.92));
  add(results, stat(model, "pope", "top2_last", "auroc", 0.64, 0.61, 0.67));
  RunFacts facts;
  facts.shapes = {{model, {"qwen2_vl", 28, 28, 4, 3584, 18944, 0}}};
  const DeltaRows usual = delta_rows(results, facts);
  CHECK(row_of(usual, "T1", "", "accuracy", "qwen2vl").estimate == "86.0 %");
  CHECK(row_of(usual, "T7", "margin_last", "auroc", "qwen2vl").estimate == "0.900");
  facts.profile = "authors";
  const DeltaRows authors = delta_rows(results, facts);
  CHECK(row_of(authors, "T1", "", "accuracy", "qwen2vl").estimate == "29.0 %");
  CHECK(row_of(authors, "T1", "", "accuracy", "qwen2vl").judgement.verdict == PaperVerdict::inside);
  CHECK(row_of(authors, "T7", "margin_last", "auroc", "qwen2vl").estimate == "0.640");
  CHECK(row_of(authors, "T7", "margin_last", "auroc", "qwen2vl").judgement.verdict ==
        PaperVerdict::inside);
}

TEST_CASE("table 6 stands beside the conditions of the model's own block and its own counts",
          "[paper][delta]") {
  Results results;
  add(results, stat("paligemma-3b-mix-224", "pope", "", "accuracy", 0.86, 0.84, 0.88));
  results.effects = {effect("baseline", "baseline", "", "", -1, -1, 0.96, 0),
                     effect("L15 top10 zero", "neuron", "top", "zero", 15, 10, 0.955, -0.5),
                     effect("L15 random 500", "scaled", "random", "zero", 15, 500, 0.92, -4.0),
                     effect("L15 random 1024", "scaled", "random", "zero", 15, 1024, 0.9, -6.0),
                     effect("L16 top10 zero", "neuron", "top", "zero", 16, 10, 0.5, -46)};
  results.effects_adjusted.resize(results.effects.size());
  RunFacts facts;
  facts.shapes = {{"paligemma-3b-mix-224", kPaligemma}};
  DeltaRows rows = delta_rows(results, facts);
  const DeltaRow& top = row_of(rows, "T6", "top10", "delta_pp", "paligemma");
  CHECK(top.estimate == "-0.5 pp");
  CHECK(top.judgement.verdict == PaperVerdict::inside);
  CHECK(row_of(rows, "T6", "random500", "delta_pp", "paligemma").judgement.verdict ==
        PaperVerdict::outside);
  CHECK(row_of(rows, "T6", "baseline", "accuracy", "paligemma").interval == "[94.6, 97.0]");
  CHECK(row_of(rows, "T6", "baseline", "accuracy", "paligemma").judgement.verdict ==
        PaperVerdict::inside);
  CHECK_FALSE(row_of(rows, "T6", "random1000", "delta_pp", "paligemma").ours);
  for (EffectRow& row : results.effects)
    if (row.layer == 15) row.layer = 17;
  rows = delta_rows(results, facts);
  CHECK(row_of(rows, "T6", "top10", "delta_pp", "paligemma").judgement.reason ==
        "another block (L17; the paper's: L15)");
}

TEST_CASE("every row has a definition, a command and, without a verdict, a reason",
          "[paper][delta]") {
  Results results;
  add(results, stat("demo-llava", "demo_pope", "", "accuracy", 0.86, 0.84, 0.88));
  add(results, stat("demo-llava", "demo_pope", "h_s", "auroc", kUndefined, kUndefined, kUndefined));
  results.statistics.back().note = "one class only";
  RunFacts facts;
  for (const char* profile : {"default", "authors"}) {
    facts.profile = profile;
    const Table table = table_paper_delta(results, facts);
    CHECK(table.rows.size() >= published_cells().size());
    const auto at = [&](const char* name) {
      const auto found = std::ranges::find(table.columns, name);
      REQUIRE(found != table.columns.end());
      return static_cast<std::size_t>(found - table.columns.begin());
    };
    for (const auto& row : table.rows) {
      const auto text = [&](const char* name) { return std::get<std::string>(row[at(name)]); };
      INFO(text("table") << ' ' << text("quantity"));
      CHECK_FALSE(text("definition").empty());
      CHECK_FALSE(text("print").empty());
      CHECK(text("command").starts_with("vrp-run -C conf/sweeps/paper.ini"));
      CHECK_FALSE(text("quantity").empty());
      const std::string verdict = text("verdict");
      CHECK((verdict == "inside" || verdict == "outside") == text("reason").empty());
      if (!std::isfinite(std::get<double>(row[at("estimate")]))) CHECK_FALSE(text("note").empty());
    }
    for (const auto& row : table.display) CHECK(row.size() == table.headers.size());
  }
}

TEST_CASE("the page counts its verdicts and explains every mark", "[paper][delta]") {
  Results results;
  add(results, stat("demo-llava", "demo_pope", "", "accuracy", 0.86, 0.84, 0.88));
  RunFacts facts;
  facts.partial = "--limit 5";
  const DeltaRows rows = delta_rows(results, facts);
  const std::string page = delta_page(rows, facts);
  CHECK_THAT(page, Contains("**PARTIAL:** --limit 5"));
  CHECK_THAT(page, Contains(concat("171 printed numbers")));
  CHECK_THAT(page, Contains("0 inside, 0 outside, 0 other definition, 171 not testable"));
  for (const auto& [table, printed] : kPrinted) CHECK_THAT(page, Contains("\n## " + table + ": "));
  for (const DeltaRow& row : rows.rows) CHECK_FALSE(row.notes.empty());
  CHECK(page.find("nan") == std::string::npos);
  for (std::size_t i = 0; i < rows.commands.size(); ++i)
    CHECK_THAT(page, Contains(concat("# C", i + 1, "\n", rows.commands[i], "\n")));
  for (std::size_t i = 0; i < rows.reasons.size(); ++i) CHECK_FALSE(rows.reasons[i].empty());
}
