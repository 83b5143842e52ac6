// Signals planted in states and neurons are found, where and only where they are.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "stages/probes/outcome.hpp"
#include "tests/unit/probes_cell.hpp"

namespace vrp {
namespace {

using testing::CellPlan;
using testing::ProbeCell;
using testing::quick;

const ProbeColumn& column(const ProbeOutcome& outcome, const std::string& name) {
  for (const ProbeColumn& c : outcome.columns)
    if (c.name == name) return c;
  FAIL("no column " << name);
  throw 0;
}

std::vector<std::int8_t> labels(const ProbeCell& cell) {
  return {cell.label.begin(), cell.label.end()};
}

TEST_CASE("the planted layer is chosen in every fold, and only it predicts", "[probes]") {
  ProbeCell cell(CellPlan{});
  const ProbeOutcome out = read_outcome(cell.run(quick({"hidden_linear", "hidden_mlp"})));
  for (const char* probe : {"linear_probe", "hidden_probe"}) {
    int folds = 0;
    for (const ProbeFoldRow& row : out.folds)
      if (row.probe == probe) {
        ++folds;
        CHECK(row.layer == 2);
        CHECK(row.train + row.test == 200);
      }
    CHECK(folds == 5);
    CHECK(score_auroc(column(out, probe).score, labels(cell)) > 0.85);
    for (const ProbeLayerRow& row : out.layers) {
      if (row.probe != probe) continue;
      INFO(probe << " layer " << row.layer << " note " << row.note);
      CHECK(row.prespecified == (row.layer == 3));
      if (row.layer == -1) {  // embeddings are the same for every item
        CHECK_FALSE(row.auroc == row.auroc);
        CHECK(row.note.find("constant") != std::string::npos);
      } else if (row.layer == 2) {
        CHECK(row.auroc > 0.85);
      } else {
        CHECK(std::abs(row.auroc - 0.5) < 0.15);
      }
    }
  }
  // Another layer than the planted one says nothing.
  CHECK(std::abs(score_auroc(column(out, "linear_h_last").score, labels(cell)) - 0.5) < 0.15);
}

TEST_CASE("every used item has one score, of a fold without its image", "[probes]") {
  CellPlan plan;
  plan.per_image = 4;
  ProbeCell cell(plan);
  cell.status[7] = 1;
  cell.label[11] = -1;
  const Record record = cell.run(quick({"hidden_linear"}));
  const auto& fold = record.values<std::int32_t>("item/fold");
  const auto& score = record.values<double>("probe/linear_probe");
  for (std::size_t i = 0; i < fold.size(); ++i) {
    const bool used = i != 7 && i != 11;
    CHECK((fold[i] >= 0) == used);
    CHECK((score[i] == score[i]) == used);
    for (std::size_t j = 4 * (i / 4); j < i; ++j)
      if (used && fold[j] >= 0) CHECK(fold[j] == fold[i]);
  }
  CHECK(std::set<std::int32_t>(fold.begin(), fold.end()) ==
        std::set<std::int32_t>{-1, 0, 1, 2, 3, 4});
}

TEST_CASE("the planted neurons are the first success and failure neurons", "[probes]") {
  ProbeCell cell(CellPlan{});
  const ProbeOutcome out = read_outcome(cell.run(quick({"sparse"})));
  std::set<std::int64_t> folds;
  for (const NeuronRow& row : out.neurons) {
    if (row.layer != 1 || row.rank != 0) continue;
    folds.insert(row.fold);
    if (row.kind == "success") {
      CHECK(row.neuron == 3);
      CHECK(row.weight > 0);
      CHECK(row.delta == Approx(2).margin(0.4));
    }
    if (row.kind == "failure") {
      CHECK(row.neuron == 7);
      CHECK(row.weight < 0);
    }
    if (row.kind == "ranked") CHECK((row.neuron == 3 || row.neuron == 7));
  }
  CHECK(folds == std::set<std::int64_t>{-1, 0, 1, 2, 3, 4});
  std::int64_t counted = 0;
  for (const DeltaBinRow& bin : out.delta_bins)
    if (bin.layer == 1) counted += bin.count;
  CHECK(counted == 16);
  for (const ProbeLayerRow& row : out.layers) {
    INFO("layer " << row.layer);
    CHECK(row.nonzero >= 0);
    CHECK(row.nonzero <= 1);
    if (row.layer == 1) CHECK(row.auroc > 0.8);
  }
}

TEST_CASE("shuffled labels give 0.5 within the stated interval", "[probes]") {
  ProbesParams params = quick({"hidden_linear", "sparse", "contrib12", "last5"});
  params.controls = {"shuffle"};
  params.shuffles_linear = 40;
  params.shuffles_sparse = 20;
  ProbeCell cell(CellPlan{});
  const ProbeOutcome out = read_outcome(cell.run(params));
  int rows = 0;
  for (const ProbeControlRow& row : out.controls) {
    if (row.control != "shuffle") continue;
    ++rows;
    INFO(row.probe << " " << row.value << " [" << row.low << ", " << row.high << "]");
    CHECK(row.draws == (row.probe == "sparse" ? 20 : 40));
    CHECK(std::abs(row.value - 0.5) < 0.03);
    CHECK(row.low < 0.5);
    CHECK(row.high > 0.5);
    CHECK(row.high - row.low < 0.35);
    if (row.probe == "linear_probe") CHECK(row.p == Approx(1.0 / 41));
    if (row.probe == "linear_h_last") CHECK(row.p > 0.05);
  }
  CHECK(rows == 5);
}

TEST_CASE("a net on shuffled labels gives 0.5 too", "[probes]") {
  ProbesParams params = quick({"hidden_mlp"});
  params.controls = {"shuffle"};
  params.shuffles_net = 8;
  params.mlp_epochs = 10;
  CellPlan plan;
  plan.layers = 2;
  plan.signal_layer = 1;
  ProbeCell cell(plan);
  const ProbeOutcome out = read_outcome(cell.run(params));
  REQUIRE(out.controls.size() == 1);
  CHECK(out.controls[0].draws == 8);
  CHECK(std::abs(out.controls[0].value - 0.5) < 0.06);
}

TEST_CASE("the authors' split is inflated where images repeat, ours is not", "[probes]") {
  ProbesParams params = quick({"hidden_linear"});
  params.controls = {"authors_split", "max_cosine"};
  CellPlan plan;
  plan.items = 300;
  plan.per_image = 6;
  plan.signal_layer = -1;
  plan.image_noise = 3;  // the states tell the image, and the image has one label
  plan.label_by_image = true;
  plan.width = 48;
  ProbeCell cell(plan);
  const ProbeOutcome out = read_outcome(cell.run(params));
  const double nested = score_auroc(column(out, "linear_probe").score, labels(cell));
  double authors = 0, cosine = 0;
  for (const ProbeControlRow& row : out.controls) {
    if (row.probe != "linear_probe") continue;
    if (row.control == "authors_split") {
      authors = row.value;
      CHECK(row.n == 60);
      CHECK(row.note.find("leaky") != std::string::npos);
    }
    if (row.control == "max_cosine") cosine = row.value;
  }
  CHECK(authors > 0.9);
  CHECK(std::abs(nested - 0.5) < 0.2);
  CHECK(cosine > 0.2);
  CHECK(cosine < 0.95);
}

TEST_CASE("states of the blank image know nothing of a label planted by the image", "[probes]") {
  ProbesParams params = quick({"hidden_linear", "hidden_mlp"});
  params.controls = {"blank", "residualised", "type_only", "length_only", "duplicates"};
  ProbeCell cell(CellPlan{});
  const ProbeOutcome out = read_outcome(cell.run(params));
  std::set<std::string> seen;
  for (const ProbeControlRow& row : out.controls) {
    INFO(row.probe << " " << row.control << " " << row.value);
    if (row.probe == "linear_probe" || row.probe == "hidden_probe") seen.insert(row.control);
    if (row.control == "blank") CHECK(std::abs(row.value - 0.5) < 0.15);
    if (row.control == "residualised" && row.probe != "linear_h_last") CHECK(row.value > 0.85);
    if (row.control == "length_only") CHECK(std::abs(row.value - 0.5) < 0.15);
    if (row.control == "duplicates") CHECK(row.value == 0);
  }
  CHECK(seen == std::set<std::string>{"blank", "residualised", "type_only", "length_only"});
}

TEST_CASE("removing the means of types removes what the type alone explains", "[probes]") {
  ProbesParams params = quick({"hidden_linear"});
  params.controls = {"residualised", "type_only"};
  CellPlan plan;
  plan.signal_layer = -1;
  ProbeCell cell(plan);
  // The type decides the label, and the planted layer knows the label through it alone.
  for (std::size_t i = 0; i < cell.items.size(); ++i)
    cell.label[i] = i % 20 < 3 ? 1 - i % 2 : i % 2;
  const auto with_type = [&](std::size_t first, std::size_t last) {
    Record record = cell.capture(first, last);
    auto& hidden = std::get<std::vector<Half>>(
        std::find_if(record.arrays().begin(), record.arrays().end(), [](const Array& a) {
          return a.name == "hidden/first";
        })->data);
    for (std::size_t i = first; i < last; ++i)
      hidden[((i - first) * 5 + 3) * 16] = Half::from_float(i % 2 ? 2.0f : -2.0f);
    return record;
  };
  ProbeInput input = cell.input();
  std::vector<Record> fits;
  input.each = [&](const std::string& stage, const std::function<void(const Record&)>& visit) {
    if (stage == "probe_fits")
      for (const Record& record : fits) visit(record);
    else
      for (std::size_t first = 0; first < 200; first += 50) visit(with_type(first, first + 50));
  };
  for (const std::string& part : fit_parts(params, 4))
    fits.push_back(fit_part(input, part, params));
  const ProbeOutcome out = read_outcome(join_probes(input, params));
  CHECK(score_auroc(column(out, "linear_probe").score, labels(cell)) > 0.75);
  for (const ProbeControlRow& row : out.controls) {
    if (row.probe != "linear_probe") continue;
    if (row.control == "residualised") CHECK(std::abs(row.value - 0.5) < 0.15);
    if (row.control == "type_only") CHECK(row.value > 0.65);
  }
}

TEST_CASE("fusion uses signals and the probe, and no test image", "[probes]") {
  ProbesParams params = quick({"hidden_mlp", "fusion"});
  ProbeCell cell(CellPlan{});
  const ProbeOutcome out = read_outcome(cell.run(params));
  const double hidden = score_auroc(column(out, "hidden_probe").score, labels(cell));
  const double fused = score_auroc(column(out, "fusion").score, labels(cell));
  CHECK(fused > hidden - 0.02);
  for (const ProbeFoldRow& row : out.folds)
    if (row.probe == "fusion") CHECK(row.choice == "h_s c_k p_tok s_sc hidden_probe");
  // Noise in the states adds nothing to what the other signals know.
  CellPlan plan;
  plan.signal_layer = -1;
  ProbeCell noise(plan);
  const ProbeOutcome nothing = read_outcome(noise.run(params));
  const double s_sc =
      score_auroc(noise.consistency(0, 200).as_double("consistency/s_sc"), labels(noise));
  CHECK(std::abs(score_auroc(column(nothing, "hidden_probe").score, labels(noise)) - 0.5) < 0.15);
  CHECK(std::abs(score_auroc(column(nothing, "fusion").score, labels(noise)) - s_sc) < 0.06);
}

}  // namespace
}  // namespace vrp
