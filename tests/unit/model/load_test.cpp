// Checkpoints: names and types that must load alike, and what must be refused.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Matchers::Contains;
using vrp::test::noise_image;
using vrp::test::TinyCheckpoint;
using vrp::test::TinySpec;
using vrp::test::TinyTensors;

namespace {

std::vector<float> logits_of(const std::filesystem::path& checkpoint) {
  const Model model = Model::load(checkpoint, {});
  return model.logits(model.prepare(noise_image(40, 30, 1), "what is it?", {}), {}, 2);
}

std::string refusal(const std::function<void(TinyTensors&)>& change, TinySpec spec = {}) {
  const TinyCheckpoint checkpoint(spec, change);
  try {
    Model::load(checkpoint.path(), {});
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    CHECK_THAT(error.what(), Contains(checkpoint.path().string()));
    return error.what();
  }
  return "nothing was refused";
}

const char* kDown = "language_model.model.layers.1.mlp.down_proj.weight";

}  // namespace

TEST_CASE("fp32, fp16, bf16 and newer tensor names give one model", "[model][load]") {
  const TinyCheckpoint plain;
  const auto expected = logits_of(plain.path());
  for (const char* dtype : {"F16", "BF16"}) {
    TinySpec spec;
    spec.dtype = dtype;
    INFO(dtype);
    CHECK(logits_of(TinyCheckpoint(spec).path()) == expected);
  }
  TinySpec names;
  names.new_names = true;
  CHECK(logits_of(TinyCheckpoint(names).path()) == expected);
}

TEST_CASE("buffers of other library versions are ignored, unused layers may be absent",
          "[model][load]") {
  const TinyCheckpoint plain;
  const TinyCheckpoint extra({}, [](TinyTensors& t) {
    t["language_model.model.layers.0.self_attn.rotary_emb.inv_freq"] = {{4}, {1, 2, 3, 4}, "F32"};
    t["vision_tower.vision_model.embeddings.position_ids"] = {{1, 2}, {0, 1}, "I32"};
  });
  const TinyCheckpoint less({}, [](TinyTensors& t) {
    t.erase("vision_tower.vision_model.post_layernorm.weight");
    t.erase("vision_tower.vision_model.encoder.layers.2.mlp.fc1.weight");
  });
  CHECK(logits_of(extra.path()) == logits_of(plain.path()));
  CHECK(logits_of(less.path()) == logits_of(plain.path()));
}

TEST_CASE("a tied head is the embedding", "[model][load]") {
  TinySpec spec;
  spec.tied = true;
  const TinyCheckpoint tied(spec);
  const TinyCheckpoint copied({}, [](TinyTensors& t) {
    t["language_model.lm_head.weight"] = t["language_model.model.embed_tokens.weight"];
  });
  CHECK(logits_of(tied.path()) == logits_of(copied.path()));
  CHECK_THAT(refusal([](TinyTensors& t) { t.erase("language_model.lm_head.weight"); }),
             Contains("language_model.lm_head.weight [272, 32]"));
}

TEST_CASE("missing, misshapen, foreign and doubled tensors are named", "[model][load]") {
  CHECK_THAT(refusal([](TinyTensors& t) { t.erase(kDown); }),
             Contains("1 tensors are missing") && Contains(kDown) && Contains("[32, 48]"));
  CHECK_THAT(refusal([](TinyTensors& t) {
               t[kDown].shape = {48, 32};
             }),
             Contains(kDown) && Contains("is [48, 32]") && Contains("expected [32, 48]"));
  CHECK_THAT(refusal([](TinyTensors& t) { t["language_model.model.layers.3.mlp.x"] = t[kDown]; }),
             Contains("language_model.model.layers.3.mlp.x") && Contains("not part of"));
  CHECK_THAT(refusal([](TinyTensors& t) { t["image_newline"] = t[kDown]; }),
             Contains("image_newline"));
  CHECK_THAT(refusal([](TinyTensors& t) {
               t["model.language_model.layers.1.mlp.down_proj.weight"] = t[kDown];
             }),
             Contains("already given as"));
  CHECK_THAT(refusal([](TinyTensors& t) { t[kDown].dtype = "I32"; }),
             Contains(kDown) && Contains("I32") && Contains("expected F32, F16 or BF16"));
  CHECK_THAT(refusal([](TinyTensors& t) {
               auto& unused = t["vision_tower.vision_model.encoder.layers.2.mlp.fc1.weight"];
               unused.shape = {24, 40};
             }),
             Contains("layers.2.mlp.fc1.weight") && Contains("expected [40, 24]"));
}

TEST_CASE("weights that are not finite show as an error, not as an answer", "[model][load]") {
  const TinyCheckpoint checkpoint({}, [](TinyTensors& t) {
    t["language_model.lm_head.weight"].values[5] = std::numeric_limits<float>::quiet_NaN();
  });
  const Model model = Model::load(checkpoint.path(), {});
  const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
  CHECK_THROWS_WITH(model.greedy(item, {}), Contains("non-finite logits at step 0"));
  CHECK_THROWS_WITH(model.sample(item, {}, {}, Rng(1, "x")),
                    Contains("non-finite logits at step 0"));
}

TEST_CASE("options outside of what this build can do are usage errors", "[model][load]") {
  const TinyCheckpoint checkpoint;
  const auto refused = [&](ModelOptions options) {
    try {
      Model::load(checkpoint.path(), options);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      return std::string(error.what());
    }
    return std::string("nothing was refused");
  };
  CHECK_THAT(refused({"tpu", "fp32", 1}), Contains("'tpu'"));
  CHECK_THAT(refused({"cuda:x", "fp32", 1}), Contains("'cuda:x'"));
  CHECK_THAT(refused({"cuda:999", "fp32", 1}), Contains("'cuda:999'"));
  CHECK_THAT(refused({"cpu", "fp32", 1, "fast"}), Contains("'fast'"));
  CHECK_THAT(refused({"cpu", "fp64", 1}), Contains("'fp64'"));
  CHECK_THAT(refused({"cpu", "bf16", 1}), Contains("expected fp32 on the CPU"));
  CHECK_THAT(refused({"cpu", "fp32", 0}), Contains("threads is 0"));
}

TEST_CASE("half precision, as accelerators run it, stays near fp32 and repeats", "[model][load]") {
  const TinyCheckpoint checkpoint;
  const auto expected = logits_of(checkpoint.path());
  double scale = 0;
  for (const float value : expected) scale = std::max(scale, std::abs(double{value}));
  // Unit roundoffs of the types; a tower and three blocks lose some tens of them.
  for (const auto& [dtype, roundoff] :
       {std::pair{"fp16", 1.0 / 2048}, std::pair{"bf16", 1.0 / 512}}) {
    INFO(dtype);
    const Model model = Model::load(checkpoint.path(), {"cpu", dtype, 1, "aten"});
    const PreparedItem item = model.prepare(noise_image(40, 30, 1), "what is it?", {});
    const auto found = model.logits(item, {}, 2);
    REQUIRE(found.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      REQUIRE(std::isfinite(found[i]));
      worst = std::max(worst, std::abs(double{found[i]} - double{expected[i]}));
    }
    INFO("worst " << worst << " of " << scale);
    CHECK(worst <= 40 * roundoff * scale);
    CHECK(worst > 0);  // it was computed in another type
    SamplingParams sampling;
    sampling.temperature = 1.5;
    const GenerationParams params{8, {271}, false};
    const auto shared = model.sample(item, params, sampling, Rng(1, "x"));
    sampling.share_prefix = false;
    const auto single = model.sample(item, params, sampling, Rng(1, "x"));
    for (std::size_t k = 0; k < shared.size(); ++k) CHECK(shared[k].tokens == single[k].tokens);
    CHECK(model.greedy(item, params).tokens.size() == 8);
  }
}
