// Edited runs that share work, against runs one by one and against observers that edit.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "tests/unit/model/edit_cases.hpp"
#include "tests/unit/model/edit_observer.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using namespace vrp::test;
using Catch::Contains;

namespace {

struct Fixture {
  explicit Fixture(const char* kernels = "auto", const TinySpec& spec = {},
                   const std::function<void(TinyTensors&)>& change = {})
      : checkpoint(spec, change),
        model(Model::load(checkpoint.path(), {"cpu", "fp32", 1, kernels})) {}
  TinyCheckpoint checkpoint;
  Model model;
  PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
  GenerationParams params{5, {271}, false};  // an end token that does not come up
  std::vector<EditedAnswer> edited(const std::vector<EditCondition>& conditions,
                                   std::int64_t bytes = std::int64_t{1} << 30) const {
    return model.edited(item, params, conditions, {bytes});
  }
};

EditCondition set_out(int layer, std::vector<std::int64_t> indices, float value = 0) {
  return {"set",
          {{EditSite::mlp_out, layer, EditOperation::set, std::move(indices), value, {}, {}}}};
}

}  // namespace

TEST_CASE("a condition without edits is the greedy answer, bit for bit", "[model][edit]") {
  for (const char* kernels : {"auto", "aten"}) {
    const Fixture f(kernels);
    EditObserver looks({}, std::ssize(f.item.ids) - 1, 3);
    const Answer greedy = f.model.greedy(f.item, f.params, &looks);
    for (const auto& conditions : {std::vector<EditCondition>{{}}, every_kind(f.model, f.item)}) {
      const auto found = f.edited(conditions);
      CHECK(same_bits(found.front().answer, greedy));
      CHECK(found.front().state == looks.state);
    }
  }
}

TEST_CASE("edits of nothing take the edited path and leave the greedy answer, bit for bit",
          "[model][edit]") {
  const Fixture f;
  const EditedAnswer greedy = f.edited({{}}).front();
  const auto conditions = edits_of_nothing(f.model);
  const auto found = f.edited(conditions);
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("condition " << i);
    CHECK(same_bits(found[i], greedy));
  }
}

TEST_CASE("a condition's bits do not depend on the others of the call, their order or the memory",
          "[model][edit]") {
  const Fixture f;
  auto conditions = every_kind(f.model, f.item);
  conditions.push_back(
      {"hidden", {{EditSite::attention, -1, EditOperation::set, {0, 3, 15}, 0, {}, {}}}});
  const auto together = f.edited(conditions);
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    INFO("condition " << i);
    CHECK(same_bits(f.edited({conditions[i]}).front(), together[i]));
  }
  std::vector<EditCondition> reversed(conditions.rbegin(), conditions.rend());
  const auto backwards = f.edited(reversed);
  for (const std::int64_t bytes : {std::int64_t{1}, std::int64_t{100'000}}) {
    const auto in_chunks = f.edited(conditions, bytes);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      CHECK(same_bits(in_chunks[i], together[i]));
      CHECK(same_bits(backwards[conditions.size() - 1 - i], together[i]));
    }
  }
}

TEST_CASE("edited runs agree with observers that edit whole greedy runs", "[model][edit]") {
  for (const char* kernels : {"auto", "aten"}) {
    TinySpec grouped;
    grouped.kv_heads = 2;
    for (const TinySpec& spec : {TinySpec{}, grouped}) {
      const Fixture f(kernels, spec);
      const auto conditions = every_kind(f.model, f.item);
      const auto found = f.edited(conditions);
      const Answer plain = f.model.greedy(f.item, f.params);
      int changed = 0;
      for (std::size_t i = 0; i < conditions.size(); ++i) {
        INFO("kernels " << kernels << ", condition " << i);
        EditObserver observer(conditions[i], std::ssize(f.item.ids) - 1, 3);
        const Answer expected = f.model.greedy(f.item, f.params, &observer);
        CHECK(found[i].answer.tokens == expected.tokens);
        changed += expected.tokens != plain.tokens ? 1 : 0;
        REQUIRE(found[i].state.size() == observer.state.size());
        for (std::size_t j = 0; j < observer.state.size(); ++j) {
          if (!(std::abs(found[i].state[j] - observer.state[j]) <= 1e-4f)) {
            FAIL("state " << j << " is " << found[i].state[j] << ", expected "
                          << observer.state[j]);
          }
        }
        for (std::size_t t = 0; t < expected.steps.size(); ++t) {
          CHECK(std::abs(found[i].answer.steps[t].logprob - expected.steps[t].logprob) <= 1e-4);
        }
      }
      CHECK(changed > 10);  // the edits are large enough to tell
    }
  }
}

TEST_CASE("a prompt that ends with the image, and answers that end at once, are edited alike",
          "[model][edit]") {
  Fixture f;
  const Answer plain = f.model.greedy(f.item, f.params);
  PromptStyle image_last;
  image_last.text = "{q}{s} <image>";
  for (const bool ends : {false, true}) {
    if (ends) {
      f.params.eos = {plain.tokens.front()};
    } else {
      f.item = f.model.prepare(noise_image(40, 30, 1), "what is it?", image_last);
      REQUIRE(f.item.image_positions.back() + 1 == std::ssize(f.item.ids));
    }
    const EditedAnswer greedy = f.edited({{}}).front();
    for (const EditedAnswer& found : f.edited(edits_of_nothing(f.model))) {
      CHECK(same_bits(found, greedy));
    }
    const auto conditions = every_kind(f.model, f.item);
    const auto found = f.edited(conditions);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      INFO("condition " << i);
      EditObserver observer(conditions[i], std::ssize(f.item.ids) - 1, 3);
      CHECK(found[i].answer.tokens == f.model.greedy(f.item, f.params, &observer).tokens);
    }
    if (ends) {
      CHECK(greedy.answer.tokens.empty());
      CHECK(greedy.answer.ended);
    }
    f.item = f.model.prepare(noise_image(40, 30, 1), "what is it?", {});
  }
}

TEST_CASE("a second question about the picture finds its prefix and leaves the same bits",
          "[model][edit]") {
  const Fixture warm, cold;
  const PreparedItem other = warm.model.prepare(noise_image(40, 30, 1), "how many are there?", {});
  std::vector<EditCondition> conditions{{}};
  for (std::int64_t j = 0; j < 8; ++j) conditions.push_back(set_out(2, {j}, 50));
  warm.edited(conditions);
  warm.model.greedy(other, warm.params);
  const auto reused = warm.model.counters().prefixes_reused;
  const auto found = warm.model.edited(other, warm.params, conditions);
  CHECK(warm.model.counters().prefixes_reused == reused + 1);
  const auto expected = cold.model.edited(other, cold.params, conditions);
  for (std::size_t i = 0; i < conditions.size(); ++i) CHECK(same_bits(found[i], expected[i]));
}

TEST_CASE("nobody sees a hidden cell: what it holds makes no difference", "[model][edit]") {
  const Fixture f;
  const Edit hide{EditSite::attention, -1, EditOperation::set, {0, 3, 4, 15}, 0, {}, {}};
  Edit change{EditSite::image_features, -1, EditOperation::set, {0, 3, 4, 15}, 7.0f, {}, {}};
  const auto found =
      f.edited({{}, {"hide", {hide}}, {"both", {hide, change}}, {"change", {change}}});
  CHECK(same_bits(found[1], found[2]));
  CHECK(found[1].state != found[0].state);
  CHECK(found[3].state != found[0].state);
  // A cell that is seen does make one.
  change.indices = {0, 3, 5, 15};
  const auto seen = f.edited({{"hide", {hide}}, {"both", {hide, change}}});
  CHECK(seen[0].state != seen[1].state);
}

TEST_CASE("a position that is left with nothing to see fails the item", "[model][edit]") {
  Fixture f;
  // A prompt that begins with the image: its first position sees itself alone.
  const std::int64_t before = f.item.image_positions.front();
  f.item.ids.erase(f.item.ids.begin(), f.item.ids.begin() + before);
  f.item.positions.erase(f.item.positions.begin(), f.item.positions.begin() + before);
  for (std::int64_t& position : f.item.image_positions) position -= before;
  Edit hide{EditSite::attention, -1, EditOperation::set, {1}, 0, {}, {}};
  CHECK_NOTHROW(f.edited({{"hide", {hide}}}));
  hide.indices = {0};
  CHECK_THROWS_WITH(f.edited({{"hide", {hide}}}),
                    Contains("condition 'hide'") && Contains("nothing left to attend to"));
  try {
    f.edited({{"hide", {hide}}});
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
  }
}

TEST_CASE("a planted neuron decides the answer, others do not", "[model][edit]") {
  // Dimension 9 of the residual stream is written by the last block's MLP alone and read by two
  // tokens' rows of the head, one for each sign; nothing else reaches the head as strongly.
  constexpr std::size_t kNeuron = 9, kHidden = 32;
  const TinySpec spec;
  const auto plant = [&](TinyTensors& tensors) {
    const auto row_to_zero = [&](const std::string& name) {
      TinyTensor& t = tensors.at(name);
      const std::size_t cols = t.values.size() / static_cast<std::size_t>(t.shape[0]);
      std::fill_n(t.values.begin() + static_cast<std::ptrdiff_t>(kNeuron * cols), cols, 0.0f);
    };
    const std::string text = "language_model.model.";
    TinyTensor& embedding = tensors.at(text + "embed_tokens.weight");
    TinyTensor& head = tensors.at("language_model.lm_head.weight");
    for (std::size_t id = 0; id < 272; ++id) {
      embedding.values[id * kHidden + kNeuron] = 0;
      head.values[id * kHidden + kNeuron] = id == 100 ? 200.0f : id == 101 ? -200.0f : 0.0f;
    }
    row_to_zero("multi_modal_projector.linear_2.weight");
    tensors.at("multi_modal_projector.linear_2.bias").values[kNeuron] = 0;
    for (int l = 0; l < spec.layers; ++l) {
      row_to_zero(concat(text, "layers.", l, ".self_attn.o_proj.weight"));
      if (l + 1 < spec.layers) row_to_zero(concat(text, "layers.", l, ".mlp.down_proj.weight"));
    }
  };
  const Fixture f("auto", spec, plant);
  std::vector<EditCondition> conditions{
      {}, set_out(2, {9}), set_out(1, {9}), set_out(2, {9}, 100), set_out(2, {9}, -100)};
  for (std::int64_t j = 0; j < 32; ++j) {
    if (j != 9) conditions.push_back(set_out(2, {j}));
  }
  const auto found = f.edited(conditions);
  const auto first = [&](std::size_t i) { return found[i].answer.tokens.front(); };
  CHECK((first(0) == 100 || first(0) == 101));
  CHECK((first(1) != 100 && first(1) != 101));
  CHECK(first(2) == first(0));  // written in the last block only
  CHECK(first(3) == 100);
  CHECK(first(4) == 101);
  for (std::size_t i = 5; i < conditions.size(); ++i) CHECK(first(i) == first(0));
}

TEST_CASE("what all conditions of an item share is computed once", "[model][edit]") {
  const Fixture f;
  const auto before = f.model.counters().images_encoded;
  f.edited(every_kind(f.model, f.item));
  f.edited(every_kind(f.model, f.item), 1);
  CHECK(f.model.counters().images_encoded == before + 1);
}

TEST_CASE("edits that the model has no place for are refused with the valid range",
          "[model][edit]") {
  const Fixture f;
  const auto refused = [&](const Edit& edit, const std::string& text) {
    try {
      f.edited({{}, {"named", {edit}}});
      FAIL("no error, expected one with: " << text);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      CHECK_THAT(error.what(), Contains("condition 'named', edit 0") && Contains(text));
    }
  };
  using enum EditSite;
  using Op = EditOperation;
  refused({mlp_out, 3, Op::set, {1}, 0, {}, {}}, "layer 3, expected 0 to 2 for this model");
  refused({mlp_out, -1, Op::set, {1}, 0, {}, {}}, "layer -1, expected 0 to 2");
  refused({mlp_out, 1, Op::set, {1, 32}, 0, {}, {}}, "index 32, expected 0 to 31 for this model");
  refused({residual, 1, Op::set, {-1}, 0, {}, {}}, "index -1, expected 0 to 31");
  refused({mlp_act, 1, Op::set, {48}, 0, {}, {}}, "index 48, expected 0 to 47");
  refused({image_features, -1, Op::set, {16}, 0, {}, {}},
          "index 16, expected 0 to 15 for this image");
  refused({attention, -1, Op::set, {16}, 0, {}, {}}, "index 16, expected 0 to 15 for this image");
  refused({attention, 2, Op::set, {1}, 0, {}, {}}, "layer 2, expected -1");
  refused({mlp_out, 1, Op::set, {4, 2, 4}, 0, {}, {}}, "index 4 is listed twice");
  refused({mlp_out, 1, Op::replace, {4, 2}, 0, {1.0f}, {}}, "1 values, expected 2");
  refused({mlp_out, 1, Op::set, {4}, 0, {1.0f}, {}}, "1 values, expected 0");
  refused({residual, 1, Op::bypass, {}, 0, {}, {}}, "operation cannot be done");
  refused({mlp_out, 1, Op::mean, {1}, 0, {}, {}}, "operation cannot be done");
  refused({attention, -1, Op::mean, {1}, 0, {}, {}}, "operation cannot be done");
  refused({mlp_out, 1, Op::bypass, {1}, 0, {}, {}}, "1 indices, expected none");
  CHECK_THROWS_WITH(f.edited({{}}, 0), Contains("0 bytes, expected at least 1"));
  GenerationParams with_state = f.params;
  with_state.final_state = true;
  CHECK_THROWS_WITH(f.model.edited(f.item, with_state, std::vector<EditCondition>{{}}),
                    Contains("final_state"));
}

TEST_CASE("an edit that was not made where it should have been is an error, not a zero effect",
          "[model][edit]") {
  const EditCondition condition = set_out(1, {3});
  const Edit& edit = condition.edits.front();
  CHECK(expected_rows(edit, 3, 20, 4) == 24);  // every position, and every token but the last
  CHECK(expected_rows(edit, 2, 20, 4) == 5);   // in the last block only what is read
  CHECK_NOTHROW(require_fired(condition, 0, 24, 24));
  try {
    require_fired(condition, 0, 23, 24);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::internal);
    CHECK_THAT(error.what(), Contains("changed 23 rows, expected 24"));
  }
}

TEST_CASE("logits that an edit makes infinite name the condition", "[model][edit]") {
  const Fixture f;
  CHECK_THROWS_WITH(
      f.edited(
          {{}, {"huge", {{EditSite::residual, 2, EditOperation::set, {1}, INFINITY, {}, {}}}}}),
      Contains("condition 'huge': non-finite logits at step 0"));
}
