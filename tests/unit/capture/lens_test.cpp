// The lens of whole capture units, on a small checkpoint of each family.
#include "stages/capture/lens.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/capture/bytes.hpp"
#include "stages/capture/capture.hpp"

using namespace vrp;

namespace {

const std::string kGolden = VRP_SOURCE_DIR "/tests/golden/data/";

ItemTable table(const std::vector<std::string>& answers) {
  ItemTable out;
  out.benchmark = "toy";
  out.kind = "text";
  out.scorers = {"exact@1"};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    out.key.push_back("toy/val/" + std::to_string(i));
    out.id.push_back(std::to_string(i));
    out.group.emplace_back("image");
    out.image.emplace_back("rgb.png");
    out.image_hash.emplace_back();
    out.question.push_back(i % 2 == 0 ? "Is there a lantern?" : "How many ropes are here?");
    out.answer.push_back(answers[i]);
    out.answers.emplace_back();
    out.choices.emplace_back();
    out.hint.emplace_back();
    out.type.emplace_back("one");
    out.regions.emplace_back();
    out.metadata.emplace_back("{}");
  }
  return out;
}

Picture picture(const std::string& name = "rgb.png") {
  return {read_image(kGolden + "images/" + name), ""};
}

Record run(const Model& model, const ItemTable& items, const std::vector<Picture>& pictures,
           const CaptureParams& params) {
  return capture(items, 0, pictures, model, {}, {.max_new_tokens = 4}, params, [] {});
}

Record run(const Model& model, const CaptureParams& params) {
  const std::vector<Picture> pictures(3, picture());
  return run(model, table({"Yes", "3", ""}), pictures, params);
}

Model load(const std::string& family, const ModelOptions& options = {}) {
  return Model::load(kGolden + family + "/checkpoint", options);
}

/// Everything that the greedy run gave; equal bits are asked for.
void check_same_answers(const Record& a, const Record& b) {
  for (const char* name :
       {"answer/text", "answer/tokens", "answer/logprob", "output/p_tok", "output/top1",
        "hidden/first", "hidden/last", "attention/map", "attention/map_first"}) {
    INFO(name);
    Record one, two;
    one.add(a.at(name));
    two.add(b.at(name));
    CHECK(one.digest() == two.digest());
  }
}

double at(const Record& record, const char* name, std::size_t index) {
  return record.as_double(name)[index];
}

}  // namespace

TEST_CASE("answers, states and maps have the same bits with and without the lens",
          "[capture][lens]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Model model = load(family);
    CaptureParams off;
    off.lens = off.blank = false;
    CaptureParams all;
    all.head_gain = all.head_map = true;
    const Record without = run(model, off), with = run(model, {}), with_all = run(model, all);
    check_same_answers(without, with);
    check_same_answers(without, with_all);
    for (const char* name : {"lens/margin", "lens/margin_blank", "hidden/blank", "head/gain",
                             "contribution/mlp", "residual_update/mean"}) {
      CHECK(without.find(name) == nullptr);
      CHECK(with_all.find(name) != nullptr);
    }
    CHECK(with.find("head/gain") == nullptr);
    CaptureParams no_blank;
    no_blank.blank = false;
    const Record seen = run(model, no_blank);
    CHECK(seen.find("lens/margin") != nullptr);
    CHECK(seen.find("lens/margin_blank") == nullptr);
    CHECK(seen.find("hidden/blank") == nullptr);
  }
}

TEST_CASE("contributions add up to the margin, and an item without reference has none",
          "[capture][lens]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    for (const char* norm : {"final", "raw"}) {
      INFO(family << ", " << norm);
      const Model model = load(family);
      CaptureParams params;
      params.lens_norm = norm;
      const Record record = run(model, params);
      const auto layers = static_cast<std::size_t>(model.spec().text.layers);
      for (std::size_t i = 0; i < 2; ++i) {
        double sum = at(record, "contribution/embedding", i), size = std::abs(sum);
        for (std::size_t l = i * layers; l < (i + 1) * layers; ++l) {
          for (const char* name : {"contribution/attention", "contribution/mlp"}) {
            sum += at(record, name, l);
            size += std::abs(at(record, name, l));
          }
        }
        CHECK(std::abs(sum - at(record, "lens/margin_last", i)) <= 1e-5 * size);
        CHECK(at(record, "lens/margin", (i + 1) * (layers + 1) - 1) ==
              Approx(at(record, "lens/margin_last", i)).margin(1e-6));
        CHECK(at(record, "lens/rank", i * (layers + 1)) >= 1);
        CHECK((at(record, "lens/rank", (i + 1) * (layers + 1) - 1) == 1) ==
              (at(record, "lens/margin_last", i) >= 0));
      }
      CHECK(at(record, "item/status", 2) == 0);
      CHECK(std::isnan(at(record, "lens/margin_last", 2)));
      CHECK(std::isnan(at(record, "contribution/embedding", 2)));
      CHECK(std::isnan(at(record, "contribution/mlp", 2 * layers)));
      CHECK(at(record, "lens/rank", 2 * (layers + 1)) == -1);
      CHECK(at(record, "lens/target_token", 2) == -1);
      CHECK(std::isfinite(at(record, "lens/top2", 2 * (layers + 1))));
      CHECK(std::isfinite(at(record, "lens/yes", 2 * (layers + 1))));
      CHECK(std::isfinite(at(record, "residual_update/mean", 2 * layers)));
      CHECK(at(record, "contribution/mlp_norm", 2 * layers) > 0);
    }
  }
}

TEST_CASE("the reference-free margin is that of the answer's first token, to the bit",
          "[capture][lens]") {
  for (const char* kernels : {"auto", "aten"}) {
    const Model model = load("qwen2_vl", {"cpu", "fp32", 1, kernels});
    const Record record = run(model, {});
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(at(record, "lens/top2_last", i) ==
            at(record, "output/top1", i) - at(record, "output/top2", i));
    }
  }
}

TEST_CASE("half precision keeps contributions within a hundredth", "[capture][lens]") {
  for (const char* dtype : {"bf16", "fp16"}) {
    const Model model = load("llava", {"cpu", dtype, 1, "aten"});
    const Record record = run(model, {});
    CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>{0, 0, 0});
    CHECK(std::isfinite(at(record, "lens/margin_last", 0)));
  }
}

TEST_CASE("the grey picture is encoded once a unit, the item's once", "[capture][lens]") {
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Model model = load(family);
    run(model, {});
    CHECK(model.counters().images_encoded == 2);
    // Of a fixed size the grey picture is the same for pictures of other sizes.
    const auto before = model.counters().images_encoded;
    const bool fixed = model.spec().image.method != ImageResize::smart;
    run(model, table({"Yes", "No", "3", "4"}),
        {picture("size_48x91.png"), picture("size_48x91.png"), picture("size_70x70.png"),
         picture("size_70x70.png")},
        {});
    CHECK(model.counters().images_encoded - before == (fixed ? 2 : 4));
  }
}

TEST_CASE("updates of the image states do not depend on which question came first",
          "[capture][lens]") {
  for (const char* family : {"llava", "qwen2_vl"}) {
    const Model model = load(family);
    const Record record = run(model, {});
    CHECK(model.counters().prefixes_reused >= 4);
    const auto layers = static_cast<std::size_t>(model.spec().text.layers);
    for (const char* name : {"residual_update/mean", "residual_update/relative"}) {
      for (std::size_t l = 0; l < layers; ++l) {
        CHECK(at(record, name, l) > 0);
        CHECK(at(record, name, l) == at(record, name, layers + l));
        CHECK(at(record, name, l) == at(record, name, 2 * layers + l));
      }
    }
  }
}

TEST_CASE("margins with the grey picture are those of an item that shows it", "[capture][lens]") {
  const Model model = load("llava");
  Picture grey = picture();
  grey.image.rgb.assign(grey.image.rgb.size(), 128);
  const ItemTable items = table({"Yes", "3"});
  const Record record = run(model, items, {picture(), picture()}, {});
  const Record shown = run(model, items, {grey, grey}, {});
  CHECK(record.values<float>("lens/margin_blank") == shown.values<float>("lens/margin"));
  CHECK(record.values<float>("lens/margin") != shown.values<float>("lens/margin"));
  CHECK(record.values<Half>("hidden/blank") == shown.values<Half>("hidden/first"));
}

TEST_CASE("a margin of yes against no is the difference of the two words' logits",
          "[capture][lens]") {
  const Model model = load("llava");
  CaptureParams params;
  params.margin = "binary";
  const Record record = run(model, table({"Yes", "No", "3"}), {3, picture()}, params);
  const std::size_t states = static_cast<std::size_t>(model.spec().text.layers) + 1;
  for (std::size_t s = 0; s < states; ++s) {
    const auto gap = [&](std::size_t item) {
      return at(record, "lens/yes", item * states + s) - at(record, "lens/no", item * states + s);
    };
    CHECK(at(record, "lens/margin", s) == Approx(gap(0)).margin(1e-6));
    CHECK(at(record, "lens/margin", states + s) == Approx(-gap(1)).margin(1e-6));
    CHECK(std::isnan(at(record, "lens/margin", 2 * states + s)));
  }
}

TEST_CASE("a failed item leaves undefined rows of every array", "[capture][lens]") {
  const Model model = load("llava");
  CaptureParams params;
  params.head_gain = true;
  const Record record = run(model, table({"Yes", "3"}), {picture(), {{}, "no picture"}}, params);
  CHECK(record.values<std::int32_t>("item/status") == std::vector<std::int32_t>{0, 1});
  const auto states = static_cast<std::size_t>(model.spec().text.layers) + 1;
  for (const char* name :
       {"lens/margin", "lens/margin_blank", "lens/target", "lens/top2", "lens/yes", "lens/no"}) {
    CHECK(std::isfinite(at(record, name, 0)));
    CHECK(std::isnan(at(record, name, states)));
  }
  CHECK(at(record, "lens/rank", states) == -1);
  CHECK(std::isnan(at(record, "lens/top2_last", 1)));
  CHECK(std::isnan(at(record, "residual_update/mean", states - 1)));
  CHECK(std::isnan(record.values<float>("head/gain").back()));
}

TEST_CASE("the bytes of a unit are foreseen", "[capture][lens]") {
  const auto path = std::filesystem::temp_directory_path() / "vrp-capture-bytes-test.h5";
  for (const char* family : {"llava", "paligemma"}) {
    const Model model = load(family);
    for (int kind = 0; kind < 7; ++kind) {
      CaptureParams params;
      params.head_gain = params.head_map = params.last_map = kind == 1;
      if (kind == 2) params.hidden = params.blank = false;
      if (kind == 3) params.lens = params.attention = false;
      if (kind == 4) params.attention = params.hidden = false;
      ItemTable items = table({"Yes", "3", ""});
      if (kind >= 5) items.choices[1] = {"One", "Two of them"};
      if (kind == 6) params.choices = false;
      write_record(path, run(model, items, {3, picture()}, params), {});
      const Record record = read_record(path).record;
      std::int64_t bytes = 0, text = 0;
      for (const Array& array : record.arrays()) {
        std::visit(
            [&](const auto& values) {
              using T = typename std::decay_t<decltype(values)>::value_type;
              if constexpr (std::is_same_v<T, std::string>) {
                for (const auto& value : values) text += std::ssize(value);
              } else {
                bytes += static_cast<std::int64_t>(values.size() * sizeof(T));
              }
            },
            array.data);
      }
      CaptureExtent extent;
      extent.items = 3;
      extent.image_tokens = record.find("attention/map") ? record.at("attention/map").shape[1] : 0;
      extent.answer_tokens = record.at("answer/tokens").shape[0];
      extent.choices = kind >= 5 ? 2 : 0;
      const std::int64_t foreseen = capture_bytes(model.spec(), params, extent);
      INFO(family << ", choice " << kind);
      CHECK(foreseen == bytes);
      extent.text_bytes = text;
      CHECK(capture_bytes(model.spec(), params, extent) == foreseen + text);
    }
  }
  std::filesystem::remove(path);
}

TEST_CASE("contributions that do not add up are an error, not a result", "[capture][lens]") {
  const Model model = load("llava");
  const Picture shown = picture();
  const PreparedItem item = model.prepare(shown.image, "Is there a lantern?", {});
  CaptureParams params;
  CaptureObserver observer(model.spec(), params);
  const Answer answer = model.greedy(item, {.max_new_tokens = 1}, &observer);
  observer.check_views(1);
  Lens lens(model, params);
  const LensItem measured = lens.measure("Yes", observer, answer.steps.front().token, {});
  CHECK(std::isfinite(measured.margin_last));
  // One MLP output doubled: as if an editing observer had come in between.
  SiteView view;
  view.site = Site::mlp_out;
  view.layer = 1;
  view.rows = 1;
  std::vector<float> wrong(observer.first_mlp().begin() + model.spec().text.hidden,
                           observer.first_mlp().begin() + 2 * model.spec().text.hidden);
  for (float& value : wrong) value *= 2;
  view.cols = std::ssize(wrong);
  view.data = wrong;
  observer.at(view);
  CHECK_THROWS_WITH(lens.measure("Yes", observer, 0, {}), Catch::Contains("add up to"));
  CHECK_NOTHROW(lens.measure("", observer, 0, {}));  // nothing to add up to
}

TEST_CASE("a site that was not shown, or too often, is our own mistake", "[capture][lens]") {
  const Model model = load("llava");
  const PreparedItem item = model.prepare(picture().image, "Is there a lantern?", {});
  CaptureParams params;
  params.head_gain = true;
  CaptureObserver observer(model.spec(), params);
  model.greedy(item, {.max_new_tokens = 3, .eos = {-1}}, &observer);
  observer.check_views(3);
  for (const int passes : {1, 2, 4}) CHECK_THROWS_AS(observer.check_views(passes), Error);
  CaptureObserver nothing(model.spec(), params);
  CHECK_THROWS_WITH(nothing.check_views(1), Catch::Contains("was shown 0 times"));
  std::vector<float> values(static_cast<std::size_t>(model.spec().text.hidden));
  SiteView view{Site::residual, 0, 0, 1, std::ssize(values), values, 0, 0};
  observer.at(view);
  CHECK_THROWS_WITH(observer.check_views(3), Catch::Contains("was shown 4 times"));
  view.cols -= 1;
  CHECK_THROWS_WITH(observer.at(view), Catch::Contains("expected 1 x"));
  StateObserver states(model.spec());
  CHECK_THROWS_WITH(states.states(), Catch::Contains("shown 0 times"));
  view.data = view.data.first(view.data.size() - 1);
  CHECK_THROWS_AS(states.at(view), Error);
}
