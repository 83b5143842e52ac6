// What a model does when memory runs out: the same bits in smaller parts, or an error that says so.
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model.hpp"
#include "tests/unit/model/ceiling.hpp"
#include "tests/unit/model/edit_cases.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using namespace vrp::test;
using Catch::Matchers::Contains;

namespace {

constexpr int kPaths = 48;

/// Keeps what it is shown, and starts again when it is told to.
class States : public Observer {
 public:
  explicit States(bool can_restart = true) : can_restart_(can_restart) {}
  std::vector<SiteRequest> requests() const override {
    return {{Site::residual, SiteRequest::kAllLayers, Rows::last}, {Site::attention_row, 1}};
  }
  void at(const SiteView& view) override {
    seen.insert(seen.end(), view.data.begin(), view.data.end());
  }
  bool restart() override {
    if (can_restart_) seen.clear();
    return can_restart_;
  }
  std::vector<float> seen;

 private:
  bool can_restart_;
};

void add(std::vector<double>& out, const Answer& answer) {
  for (const TokenStep& step : answer.steps) {
    for (const double number : {double{step.top1}, double{step.top2}, step.logprob, step.entropy,
                                static_cast<double>(step.token)}) {
      out.push_back(number);
    }
  }
}

struct Fixture {
  explicit Fixture(const std::string& kernels = "auto", int batch = 1) {
    options_.kernels = kernels;
    options_.batch = batch;
    Ceiling::install().set_limit(0);
    load();
  }
  ~Fixture() { Ceiling::install().set_limit(0); }

  void load() {
    model.reset();
    Ceiling::install().set_limit(0);
    model = std::make_unique<Model>(Model::load(checkpoint.path(), options_));
    item = model->prepare(noise_image(40, 30, 1), question, {});
    other = model->prepare(noise_image(40, 30, 99), question, {});
  }

  /// Every kind of work, as the numbers it gives.
  std::map<std::string, std::function<std::vector<double>()>> works() {
    const GenerationParams params{6, {271}, false};
    // Another picture, whose keys and values are kept while that is possible.
    const auto before = [=, this] { model->greedy(other, params); };
    const auto widen = [](const std::vector<float>& from) {
      return std::vector<double>(from.begin(), from.end());
    };
    return {
        {"greedy",
         [=, this] {
           before();
           States states;
           std::vector<double> out;
           add(out, model->greedy(item, params, &states));
           out.insert(out.end(), states.seen.begin(), states.seen.end());
           return out;
         }},
        {"paths",
         [=, this] {
           before();
           SamplingParams sampling;
           sampling.samples = kPaths;
           sampling.temperature = 3;
           std::vector<double> out;
           for (const Answer& answer : model->sample(item, params, sampling, Rng(3, "x")))
             add(out, answer);
           return out;
         }},
        {"greedy and paths",
         [=, this] {
           before();
           SamplingParams sampling;
           sampling.samples = kPaths;
           sampling.temperature = 3;
           States states;
           const GreedyAndPaths both =
               model->greedy_and_paths(item, params, params, sampling, Rng(3, "x"), &states);
           std::vector<double> out;
           add(out, both.greedy);
           for (const Answer& answer : both.paths) add(out, answer);
           out.insert(out.end(), states.seen.begin(), states.seen.end());
           return out;
         }},
        {"edits",
         [=, this] {
           before();
           std::vector<double> out;
           for (const EditedAnswer& one : model->edited(item, params, every_kind(*model, item))) {
             add(out, one.answer);
             out.insert(out.end(), one.state.begin(), one.state.end());
           }
           return out;
         }},
        {"losses",
         [=, this] {
           before();
           std::vector<std::vector<std::int32_t>> answers;
           for (std::int32_t k = 0; k < kPaths; ++k)
             answers.push_back({k + 3, 2 * k + 3, k % 7 + 3});
           return model->answer_losses(item, answers);
         }},
        {"logits", [=, this] { return widen(model->logits(item, {}, 3)); }},
        {"lens",
         [=, this] {
           std::vector<float> states;
           for (int i = 0; i < 60 * 32; ++i) states.push_back(static_cast<float>(i % 37) - 18);
           return widen(model->unembed_logits(states));
         }},
    };
  }

  TinyCheckpoint checkpoint;
  ModelOptions options_;
  std::string question = std::string(60, 'q');
  std::unique_ptr<Model> model;
  PreparedItem item, other;
};

/// "" = the reference's bits; else the error's text, or what differs.
std::string outcome(const std::function<std::vector<double>()>& work,
                    const std::vector<double>& reference) {
  try {
    return work() == reference ? "" : "other bits";
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    return error.what();
  }
}

}  // namespace

TEST_CASE("under a falling ceiling every kind of work gives the same bits, or fails and says why",
          "[model][memory]") {
  Fixture f;
  Ceiling& ceiling = Ceiling::install();
  std::map<std::string, std::vector<double>> reference;
  std::map<std::string, std::int64_t> need;  // bytes above the weights
  for (const auto& [name, work] : f.works()) {
    f.load();
    const std::int64_t base = ceiling.live();
    ceiling.reset_peak();
    reference[name] = work();
    need[name] = ceiling.peak() - base;
  }
  for (const auto& [name, bytes] : need) {
    CAPTURE(name, bytes);
    int rescued = 0, failed = 0;
    for (int percent = 98; percent > 0; percent -= percent > 30 ? 8 : 4) {
      CAPTURE(percent);
      const Refusal refusals[] = {Refusal::host, Refusal::device, Refusal::bad_alloc};
      ceiling.say_by(refusals[percent / 2 % 3]);
      f.load();
      ceiling.set_limit(ceiling.live() + bytes * percent / 100);
      const std::string found = outcome(f.works().at(name), reference.at(name));
      ceiling.set_limit(0);
      const std::int64_t tries = f.model->counters().out_of_memory;
      CHECK(tries < 12);  // a bounded number of rungs
      if (found.empty()) {
        rescued += tries > 0 ? 1 : 0;
      } else {
        ++failed;
        CHECK_THAT(found, Contains("out of memory: prompt of "));
      }
      // Nothing is left of the failed tries.
      CHECK(outcome(f.works().at(name), reference.at(name)) == "");
    }
    CHECK(rescued > 0);
    CHECK(failed > 0);
  }
}

TEST_CASE("a ceiling once found is not run into again by items of that length", "[model][memory]") {
  Fixture f;
  Ceiling& ceiling = Ceiling::install();
  ceiling.say_by(Refusal::host);
  const auto works = f.works();
  for (const char* name : {"greedy", "paths", "edits", "losses"}) {
    CAPTURE(name);
    f.load();
    const std::int64_t base = ceiling.live();
    ceiling.reset_peak();
    const auto reference = works.at(name)();
    const std::int64_t need = ceiling.peak() - base;
    // The tightest ceiling under which it still works.
    int percent = 96;
    for (int tried = percent; tried > 0; tried -= 4) {
      f.load();
      ceiling.set_limit(ceiling.live() + need * tried / 100);
      if (!outcome(works.at(name), reference).empty()) break;
      percent = tried;
    }
    f.load();
    ceiling.set_limit(ceiling.live() + need * percent / 100);
    REQUIRE(outcome(works.at(name), reference).empty());
    REQUIRE(outcome(works.at(name), reference).empty());  // once more, with two pictures kept
    std::int64_t tries = f.model->counters().out_of_memory;
    REQUIRE(tries > 0);
    CHECK(static_cast<std::int64_t>(f.model->take_remarks().size()) == tries);
    for (int again = 0; again < 5; ++again) {
      // Other pictures, prompts of the same length; the first of them finds other ones kept.
      f.item = f.model->prepare(noise_image(40, 30, static_cast<std::uint32_t>(again + 2)),
                                std::string(60, static_cast<char>('a' + again)), {});
      CHECK_NOTHROW(works.at(name)());
      if (again == 0) {
        f.model->take_remarks();
        tries = f.model->counters().out_of_memory;
      }
      CHECK(f.model->counters().out_of_memory == tries);
    }
    CHECK(f.model->take_remarks().empty());
    // The next load of the same model knows it, too.
    ceiling.set_limit(0);
  }
}

TEST_CASE("what was learned of memory outlives the model", "[model][memory]") {
  const Fixture f;
  ModelOptions options;
  options.ladder = std::make_shared<MemoryLadder>();
  std::string told;
  options.ladder->tell_by([&](const std::string& line) { told = line; });
  options.ladder->down(MemoryWork::paths, 100, 10, {10, 0, true}, false);
  CHECK(Model::load(f.checkpoint.path(), options).counters().out_of_memory == 1);
  CHECK(told == options.ladder->take_remarks().at(0));
}

TEST_CASE("an observer that cannot start again fails the pass instead of seeing it twice",
          "[model][memory]") {
  Fixture f;
  Ceiling& ceiling = Ceiling::install();
  const GenerationParams params{6, {271}, false};
  ceiling.reset_peak();
  const std::int64_t base = ceiling.live();
  f.model->greedy(f.item, params);
  ceiling.set_limit(base + (ceiling.peak() - base) * 9 / 10);
  f.load();
  ceiling.set_limit(ceiling.live() + (ceiling.peak() - base) * 9 / 10);
  States states(false);
  CHECK_THROWS_WITH(f.model->greedy(f.item, params, &states),
                    Contains("out of memory: prompt of ") && Contains("greedy answers: 1 of 1"));
}

TEST_CASE("other errors of libtorch are not taken for memory", "[model][memory]") {
  Fixture f;
  f.item.image.pixels.pop_back();
  CHECK_THROWS_WITH(f.model->greedy(f.item, {}), Contains("prepared image has"));
  CHECK(f.model->counters().out_of_memory == 0);
}

TEST_CASE("weights that do not fit are an error that names the folder", "[model][memory]") {
  Fixture f;
  Ceiling& ceiling = Ceiling::install();
  f.model.reset();
  ceiling.say_by(Refusal::device);
  ceiling.set_limit(ceiling.live() + 8);
  ModelOptions options;
  options.kernels = "aten";
  CHECK_THROWS_WITH(Model::load(f.checkpoint.path(), options),
                    Contains(f.checkpoint.path().string()) &&
                        Contains("out of memory while the weights are loaded on cpu: CUDA out of"));
  ceiling.set_limit(0);
}

TEST_CASE("libtorch's kernels, as on a GPU, give the same tokens in smaller parts",
          "[model][memory]") {
  Fixture f("aten");
  Ceiling& ceiling = Ceiling::install();
  ceiling.say_by(Refusal::device);
  SamplingParams sampling;
  sampling.samples = kPaths;
  const GenerationParams params{6, {271}, false};
  const auto paths = [&] {
    std::vector<std::int32_t> out;
    for (const Answer& answer : f.model->sample(f.item, params, sampling, Rng(3, "x"))) {
      out.insert(out.end(), answer.tokens.begin(), answer.tokens.end());
    }
    return out;
  };
  const std::int64_t base = ceiling.live();
  ceiling.reset_peak();
  const auto reference = paths();
  const std::int64_t need = ceiling.peak() - base;
  int rescued = 0;
  for (int percent = 95; percent >= 75; percent -= 5) {
    CAPTURE(percent);
    f.load();
    ceiling.set_limit(ceiling.live() + need * percent / 100);
    try {
      const auto found = paths();
      CHECK(found == reference);
      rescued += f.model->counters().out_of_memory > 0 ? 1 : 0;
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Contains("out of memory: prompt of "));
    }
  }
  CHECK(rescued > 0);
}

TEST_CASE("a batch of questions that is too large is asked in smaller ones", "[model][memory]") {
  Fixture f("aten", 4);
  Ceiling& ceiling = Ceiling::install();
  ceiling.say_by(Refusal::device);
  SamplingParams sampling;
  sampling.samples = kPaths;
  const GenerationParams params{6, {271}, false};
  std::vector<PreparedItem> items;
  for (std::uint32_t i = 0; i < 4; ++i) {
    items.push_back(f.model->prepare(noise_image(40, 30, i), "what is it?", {}));
  }
  const Rng rng(3, "x");
  const auto replies = [&] {
    std::vector<States> states(items.size());
    std::vector<ModelQuestion> questions;
    for (std::size_t i = 0; i < items.size(); ++i) {
      questions.push_back({&items[i], true, &states[i], &rng});
    }
    std::vector<std::int32_t> out;
    for (const ModelReply& reply : f.model->answer(questions, params, params, sampling)) {
      CHECK(reply.problem.empty());
      const std::vector<std::int32_t>& tokens = reply.answers.greedy.tokens;
      out.insert(out.end(), tokens.begin(), tokens.end());
      for (const Answer& path : reply.answers.paths) {
        out.insert(out.end(), path.tokens.begin(), path.tokens.end());
      }
    }
    for (const States& one : states) out.push_back(static_cast<std::int32_t>(one.seen.size()));
    return out;
  };
  const std::int64_t base = ceiling.live();
  ceiling.reset_peak();
  const auto reference = replies();
  const std::int64_t need = ceiling.peak() - base;
  for (int percent = 90; percent >= 50; percent -= 20) {
    CAPTURE(percent);
    f.load();
    ceiling.set_limit(ceiling.live() + need * percent / 100);
    CHECK(replies() == reference);
    CHECK(f.model->counters().out_of_memory > 0);
    const auto remarks = f.model->take_remarks();
    REQUIRE(!remarks.empty());
    CHECK_THAT(remarks.front(), Contains("questions: 2 of 4 at a time"));
  }
  ceiling.set_limit(0);
}

TEST_CASE("the ladder has few rungs and ends", "[model][memory]") {
  for (const MemoryWork work : {MemoryWork::answer, MemoryWork::paths, MemoryWork::lens}) {
    for (const bool in_prompt : {false, true}) {
      MemoryLadder ladder;
      std::set<std::string> seen;
      std::optional<MemoryRung> rung = ladder.start(work, 600, 10);
      CHECK(*rung == MemoryRung{10, 0, true});
      while (rung) {
        CHECK(seen.insert(rung_text(work, 10, *rung)).second);  // never the same twice
        CHECK(rung->batch >= 1);
        rung = ladder.down(work, 600, 10, *rung, in_prompt);
      }
      CHECK(seen.size() <= 8);
      CHECK(ladder.failed_tries() == static_cast<std::int64_t>(seen.size()));
      CHECK(ladder.start(work, 600, 10).batch == 1);
    }
  }
}

TEST_CASE("a ceiling holds for its kind of work and for prompts as long or longer",
          "[model][memory]") {
  MemoryLadder ladder;
  const auto half = ladder.down(MemoryWork::paths, 600, 10, {10, 0, true}, false);
  CHECK(*half == MemoryRung{5, 0, true});
  CHECK(ladder.start(MemoryWork::paths, 600, 10) == *half);
  CHECK(ladder.start(MemoryWork::paths, 590, 10) == *half);
  CHECK(ladder.start(MemoryWork::paths, 2000, 10) == *half);
  CHECK(ladder.start(MemoryWork::paths, 300, 10).batch == 10);
  CHECK(ladder.start(MemoryWork::paths, 600, 3).batch == 3);
  CHECK(ladder.start(MemoryWork::edits, 600, 10).batch == 10);
  const auto cut = ladder.down(MemoryWork::answer, 600, 1, {1, 0, true}, true);
  CHECK(*cut == MemoryRung{1, 150, true});
  CHECK(ladder.start(MemoryWork::answer, 700, 1).rows == 150);
  const auto dropped = ladder.down(MemoryWork::answer, 600, 1, *cut, true);
  CHECK(*dropped == MemoryRung{1, 150, false});
  const auto last = ladder.down(MemoryWork::answer, 600, 1, *dropped, true);
  CHECK(*last == MemoryRung{1, 38, false});
  CHECK_FALSE(ladder.down(MemoryWork::answer, 600, 1, *last, true));
  CHECK(ladder.take_remarks().front() ==
        "out of memory behind 600 tokens, from now on sampled paths: 5 of 10 at a time");
}
