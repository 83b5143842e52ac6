// Edited runs that share work, in every golden case: against the reference's ablations, against
// observers that edit whole greedy runs, and against the unedited answer.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <numeric>

#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/parity/observers.hpp"
#include "tests/golden/golden_file.hpp"
#include "tests/unit/model/edit_cases.hpp"
#include "tests/unit/model/edit_observer.hpp"
#include "tests/unit/model/ways.hpp"

using namespace vrp;
using namespace vrp::golden;
using vrp::test::EditObserver;
using vrp::test::same_bits;

namespace {

constexpr double kLogits = 1e-4;

EditCondition ablation(const std::string& name, const Json& spec) {
  const std::string kind = spec.at("kind").get<std::string>();
  Edit edit;
  edit.value = spec.value("value", 0.0f);
  edit.layer = spec.value("layer", -1);
  if (spec.contains("idx")) edit.indices = spec.at("idx").get<std::vector<std::int64_t>>();
  if (kind == "mlp_neurons") {
    edit.site = EditSite::mlp_act;
  } else if (kind == "residual") {
    edit.site = EditSite::residual;
  } else if (kind == "image_tokens") {
    edit.site = EditSite::image_features;
  } else {
    REQUIRE(kind == "mlp_bypass");
    edit.site = EditSite::mlp_out;
    edit.operation = EditOperation::bypass;
  }
  return {name, {edit}};
}

/// head(norm(state)) in fp64.
std::vector<double> logits_of(const Model& model, const std::vector<float>& state) {
  const FinalNorm norm = model.final_norm();
  const auto y = normed(state, norm.weight, norm.eps);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(model.spec().text.vocab));
  std::iota(ids.begin(), ids.end(), 0);
  const auto head = model.head_rows(ids);
  std::vector<double> logits;
  for (std::size_t id = 0; id < ids.size(); ++id) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      sum += double{y[i]} * double{head[id * y.size() + i]};
    logits.push_back(sum);
  }
  return logits;
}

std::vector<std::int32_t> all_tokens(const Answer& answer) {
  std::vector<std::int32_t> tokens;
  for (const TokenStep& step : answer.steps) tokens.push_back(step.token);
  return tokens;
}

struct Case {
  const Model& model;
  const GoldenFile& file;
  std::string at;
  PreparedItem item;
  GenerationParams params{8, {}, false};

  int compare_ablations() {
    std::vector<EditCondition> conditions;
    const auto names = file.list(at + "/ablations");
    for (const std::string& name : names) {
      const std::string group = at + "/ablations/" + name;
      conditions.push_back(ablation(name, parse_json(file.text(group, "spec"), group)));
    }
    const auto found = model.edited(item, params, conditions);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string group = at + "/ablations/" + names[i];
      INFO(group);
      const auto want = file.read<std::int64_t>(group + "/greedy_tokens").data;
      CHECK(all_tokens(found[i].answer) == std::vector<std::int32_t>(want.begin(), want.end()));
      CHECK(found[i].answer.text == trim(file.text(group, "text")));
      const auto logits = logits_of(model, found[i].state);
      const auto expected = file.read<float>(group + "/logits_last").data;
      REQUIRE(logits.size() == expected.size());
      double worst = 0;
      for (std::size_t v = 0; v < logits.size(); ++v) {
        const double gap = std::abs(logits[v] - double{expected[v]});
        worst = gap <= worst ? worst : gap;  // NaN is taken
      }
      CHECK(worst <= kLogits);
    }
    return static_cast<int>(names.size());
  }

  void compare_observers() {
    const auto conditions = test::every_kind(model, item);
    const auto found = model.edited(item, params, conditions);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      INFO(at << ", condition " << i);
      EditObserver observer(conditions[i], std::ssize(item.ids) - 1, model.spec().text.layers);
      const Answer expected = model.greedy(item, params, &observer);
      CHECK(found[i].answer.tokens == expected.tokens);
      double worst = 0, scale = 1;
      for (std::size_t j = 0; j < observer.state.size(); ++j) {
        scale = std::max(scale, std::abs(double{observer.state[j]}));
        const double gap = std::abs(double{found[i].state.at(j)} - double{observer.state[j]});
        worst = gap <= worst ? worst : gap;
      }
      CHECK(worst <= 1e-5 * scale);
    }
  }

  void compare_unedited(const std::string& device, bool bits) {
    const Answer greedy = model.greedy(item, params);
    auto conditions = test::edits_of_nothing(model);
    conditions.push_back({});
    const auto found = model.edited(item, params, conditions);
    for (std::size_t i = 0; i < found.size(); ++i) {
      INFO(at << ", edit of nothing " << i);
      CHECK(found[i].answer.tokens == greedy.tokens);
      if (bits) CHECK(same_bits(found[i], found.back()));
    }
    if (device == "cpu") CHECK(same_bits(found.back().answer, greedy));
  }

  void compare_hidden(bool bits) {
    const auto cells = static_cast<std::int64_t>(item.image_positions.size());
    const Edit hide{EditSite::attention, -1, EditOperation::set, {0, cells / 2}, 0, {}, {}};
    Edit change = hide;
    change.site = EditSite::image_features;
    change.value = 5;
    const auto found = model.edited(
        item, params, std::vector<EditCondition>{{"hide", {hide}}, {"both", {hide, change}}, {}});
    INFO(at << ", hidden cells");
    CHECK(found[0].answer.tokens == found[1].answer.tokens);
    if (bits) CHECK(same_bits(found[0], found[1]));
    CHECK(found[0].state != found[2].state);
  }
};

}  // namespace

TEST_CASE("edited runs agree with the reference's ablations and with edits one by one",
          "[golden][edit]") {
  int ablations = 0, cases = 0;
  for (const Family& family : families()) {
    const auto type = json_text(read_json(family.checkpoint / "config.json"), "model_type",
                                family.checkpoint.string());
    if (std::ranges::find(supported_families(), type) == supported_families().end()) continue;
    const GoldenFile file(family.golden);
    const std::string device = test::device_or_cpu();
    for (const std::string& kernels : test::kernels_of(device)) {
      const Model model = Model::load(family.checkpoint, {device, "fp32", 1, kernels});
      const bool bits = device == "cpu" && kernels == "auto";
      for (const std::string& name : file.list("cases")) {
        Case one{model, file, "cases/" + name, {}};
        PromptStyle style;
        style.template_name = file.text(one.at, "style") == "chat" ? "chat" : "plain";
        one.item =
            model.prepare(read_image(golden_folder() / "images" / file.text(one.at, "image")),
                          file.text(one.at, "question"), style);
        ablations += one.compare_ablations();
        one.compare_observers();
        one.compare_unedited(device, bits);
        one.compare_hidden(bits);
        ++cases;
      }
    }
    std::cout << family.name << ": " << cases << " cases so far, " << ablations << " ablations\n";
  }
  CHECK(ablations > 0);
}
