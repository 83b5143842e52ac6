#include "stages/capture/columns.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "stages/capture/capture.hpp"

using namespace vrp;

namespace {

constexpr int kLayers = 2, kHeads = 2, kHidden = 3, kCells = 4;

ModelSpec spec() {
  ModelSpec out;
  out.text.layers = kLayers;
  out.text.heads = kHeads;
  out.text.hidden = kHidden;
  return out;
}

ItemTable table() {
  ItemTable out;
  out.benchmark = "toy";
  out.kind = "yes_no";
  out.scorers = {"yes_no@1", "exact@1"};
  for (const char* id : {"1", "2", "3"}) {
    out.key.push_back(std::string("toy/val/") + id);
    out.id.emplace_back(id);
    out.group.emplace_back("image");
    out.image.emplace_back("image.jpg");
    out.image_hash.emplace_back();
    out.question.emplace_back("Is there a cup?");
    out.answer.emplace_back("yes");
    out.answers.emplace_back();
    out.type.emplace_back("cup");
    out.regions.emplace_back();
    out.metadata.emplace_back("{}");
  }
  return out;
}

PreparedItem prepared() {
  PreparedItem out;
  out.ids.assign(10, 1);
  out.image_positions = {2, 3, 4, 5};
  out.image.geometry.rows = out.image.geometry.cols = 2;
  return out;
}

/// Shows the observer one step; `attention(layer, head, cell)` and every state equal to `state`.
template <class Attention>
void show(CaptureObserver& observer, int step, float state, Attention attention) {
  std::vector<float> values(kHidden, state);
  const auto view = [&](Site site, int layer, std::vector<float>& data, std::int64_t rows) {
    SiteView out;
    out.site = site;
    out.layer = layer;
    out.rows = rows;
    out.cols = static_cast<std::int64_t>(data.size()) / rows;
    out.data = data;
    out.step = step;
    observer.at(out);
  };
  view(Site::embedding, -1, values, 1);
  for (int layer = 0; layer < kLayers; ++layer) {
    std::vector<float> rows;
    for (int head = 0; head < kHeads; ++head) {
      for (int cell = 0; cell < kCells; ++cell) rows.push_back(attention(layer, head, cell));
    }
    view(Site::attention_row, layer, rows, kHeads);
    view(Site::mlp_out, layer, values, 1);
    view(Site::residual, layer, values, 1);
  }
}

Answer answer(int tokens, const char* text) {
  Answer out;
  out.text = text;
  out.ended = true;
  for (int t = 0; t <= tokens; ++t) {
    if (t < tokens) out.tokens.push_back(7 + t);
    out.steps.push_back({7 + t, -0.5 * (t + 1), 0.25, 0.6, 2.0f, 1.0f});
  }
  return out;
}

float looked(int layer, int head, int cell) {
  return 0.05f * static_cast<float>(1 + layer + head + cell);
}

}  // namespace

TEST_CASE("maps are means over heads and answer queries, the end token's query left out",
          "[capture]") {
  CaptureObserver observer(spec(), {});
  show(observer, 0, 1, looked);
  show(observer, 1, 2, [](int l, int h, int c) { return 2 * looked(l, h, c); });
  show(observer, 2, 3, [](int, int, int) { return 9.0f; });  // yields the end token
  const auto maps = observer.maps(2);
  for (int layer = 0; layer < kLayers; ++layer) {
    double mass = 0;
    for (int cell = 0; cell < kCells; ++cell) {
      const double heads = (looked(layer, 0, cell) + looked(layer, 1, cell)) / 2.0;
      const auto at = static_cast<std::size_t>(layer * kCells + cell);
      CHECK(maps.first[at] == Approx(heads));
      CHECK(maps.mean[at] == Approx(1.5 * heads));
      CHECK(maps.last[at] == Approx(2 * heads));
      mass += 1.5 * heads;
    }
    CHECK(maps.share[static_cast<std::size_t>(layer)] == Approx(mass));
  }
  CHECK(observer.first_states()[0] == 1);
  CHECK(observer.last_states()[0] == 3);
}

TEST_CASE("degenerate attention marks the item invalid and keeps its answer and label",
          "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  CaptureColumns columns(items, model, {});
  CaptureObserver good(model, {});
  show(good, 0, 1, looked);
  show(good, 1, 1, looked);
  columns.add_answer(0, prepared(), answer(1, "Yes"), good,
                     CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
  CaptureObserver flat(model, {});
  for (int step : {0, 1}) show(flat, step, 1, [](int, int, int) { return 0.1f; });
  columns.add_answer(1, prepared(), answer(1, "Yes"), flat,
                     CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
  CaptureObserver broken(model, {});
  for (int step : {0, 1}) show(broken, step, 1, [](int, int, int) { return std::nanf(""); });
  columns.add_answer(2, prepared(), answer(1, "No"), broken,
                     CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
  const Record record = columns.finish();
  CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>{0, 2, 2});
  const auto& reason = record.values<std::string>("item/reason");
  CHECK(reason[0].empty());
  CHECK_THAT(reason[1], Catch::Contains("attention"));
  CHECK(record.values<std::int64_t>("item/patch_offset") == std::vector<std::int64_t>{0, 4, 8, 12});
}

TEST_CASE("an image-token count that differs from the prompt's is caught", "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  CaptureColumns columns(items, model, {});
  CaptureObserver observer(model, {});
  for (int step : {0, 1}) show(observer, step, 1, looked);
  PreparedItem item = prepared();
  item.image_positions.push_back(6);
  columns.add_answer(0, item, answer(1, "Yes"), observer, CaptureObserver(model, {}).first_states(),
                     undefined_lens(model, {}));
  CHECK(columns.finish().values<std::int32_t>("item/status")[0] == 2);
}

TEST_CASE(
    "an empty answer has its first query's map, the end token's probability and no last state",
    "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  CaptureColumns columns(items, model, {});
  CaptureObserver observer(model, {});
  show(observer, 0, 1, looked);
  columns.add_answer(0, prepared(), answer(0, ""), observer,
                     CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
  const Record record = columns.finish();
  CHECK(record.values<std::int32_t>("answer/length")[0] == 0);
  CHECK(record.values<double>("output/p_tok")[0] == -0.5);
  CHECK(record.values<std::int32_t>("item/status")[0] == 0);
  CHECK(std::isnan(record.values<Half>("hidden/last")[0].to_float()));
  CHECK(record.values<Half>("hidden/first")[0].to_float() == 1);
}

TEST_CASE("the last query's map is kept where it is asked for", "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  for (const bool kept : {false, true}) {
    CaptureParams params;
    params.last_map = kept;
    CaptureColumns columns(items, model, params);
    CaptureObserver observer(model, params);
    show(observer, 0, 1, looked);
    show(observer, 1, 2, [](int l, int h, int c) { return 2 * looked(l, h, c); });
    columns.add_answer(0, prepared(), answer(2, "Yes it"), observer,
                       CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
    const Record record = columns.finish();
    REQUIRE((record.find("attention/map_last") != nullptr) == kept);
    if (!kept) continue;
    const auto& first = record.values<float>("attention/map_first");
    const auto& last = record.values<float>("attention/map_last");
    REQUIRE(last.size() == first.size());
    for (std::size_t i = 0; i < last.size(); ++i) CHECK(last[i] == Approx(2 * first[i]));
  }
}

TEST_CASE("states outside half precision are clamped and counted", "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  CaptureColumns columns(items, model, {});
  CaptureObserver observer(model, {});
  show(observer, 0, 1e6f, looked);
  show(observer, 1, -1e6f, looked);
  columns.add_answer(0, prepared(), answer(1, "Yes"), observer,
                     CaptureObserver(model, {}).first_states(), undefined_lens(model, {}));
  const Record record = columns.finish();
  CHECK(record.values<Half>("hidden/first")[0].to_float() == 65504);
  CHECK(record.values<Half>("hidden/last")[0].to_float() == -65504);
  CHECK(record.values<std::int32_t>("hidden/clamped")[0] == 3 * kHidden * (kLayers + 1) - kHidden);
}

TEST_CASE("a failed item is a row with a reason and without a number", "[capture]") {
  const ItemTable items = table();
  const ModelSpec model = spec();
  CaptureColumns columns(items, model, {});
  columns.add_failure(1, "no picture");
  const Record record = columns.finish();
  CHECK(record.values<std::string>("item/key")[0] == "toy/val/2");
  CHECK(record.values<std::string>("item/reason")[0] == "no picture");
  CHECK(record.values<std::int32_t>("item/status")[0] == 1);
  for (const char* signal : {"output/p_tok", "output/logit_entropy", "output/confidence"}) {
    CHECK(std::isnan(record.values<double>(signal)[0]));
  }
  CHECK(record.values<std::int64_t>("item/patch_offset") == std::vector<std::int64_t>{0, 0});
}

TEST_CASE("a picture that cannot be had is a problem of its item", "[capture]") {
  ItemTable items = table();
  items.image_root = "/nowhere";
  CHECK_THAT(read_picture(items, 0).problem, Catch::Contains("image.jpg"));
  items.image[1] = "../secret.jpg";
  CHECK_THAT(read_picture(items, 1).problem, Catch::Contains("leaves the folder"));
  items.image[2] = "/etc/passwd";
  CHECK_FALSE(read_picture(items, 2).problem.empty());
}
