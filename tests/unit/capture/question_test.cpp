// The text that a model is asked, byte for byte (the published evaluations' wording).
#include "stages/capture/question.hpp"

#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/config/prompt_texts.hpp"

using namespace vrp;

namespace {

struct Row {
  std::string question;
  std::vector<std::string> choices = {};
  std::string hint = {};
};

ItemTable table(const Row& row) {
  ItemTable out;
  out.key = {"toy/val/1"};
  out.question = {row.question};
  out.choices = {row.choices};
  out.hint = {row.hint};
  return out;
}

/// How `model` of conf/models asks for `form`.
PromptStyle style(const std::string& model, const std::string& form, bool vlmevalkit = false) {
  SweepOverrides overrides;
  overrides.files = {VRP_SOURCE_DIR "/conf/sweeps/paper.ini"};
  if (vlmevalkit) overrides.files.push_back(VRP_SOURCE_DIR "/conf/profiles/vlmevalkit.ini");
  overrides.models = {model};
  overrides.benchmarks = {"pope"};
  overrides.sets = {"benchmark:pope.form=" + form};
  const Sweep sweep = read_sweep(overrides);
  const PromptTexts texts =
      prompt_texts(sweep.models.front().config, sweep.benchmarks.front().config);
  return {"plain", texts.suffix, "", texts.hint, texts.options, texts.replaces};
}

/// Question and suffix as they stand one behind the other.
std::string asked(const std::string& model, const std::string& form, const Row& row,
                  bool vlmevalkit = false) {
  const AskedQuestion out = asked_question(table(row), 0, style(model, form, vlmevalkit));
  return out.question + out.suffix;
}

const std::string kLine = "\nAnswer the question using a single word or phrase.";
const Row kSeed{"How many cups are there?", {"One", "Two", "Three", "Four"}};

}  // namespace

TEST_CASE("questions of one form are followed by the model's text for it", "[capture][question]") {
  const Row cup{"Is there a cup?"};
  for (const char* form : {"short", "yes_no"}) {
    CHECK(asked("llava-1.5-7b", form, cup) == "Is there a cup?" + kLine);
    CHECK(asked("qwen2-vl-7b", form, cup) == "Is there a cup?" + kLine);
    CHECK(asked("paligemma-3b-mix-224", form, cup) == "Is there a cup?");
  }
  CHECK(asked("qwen2-vl-7b", "yes_no", cup, true) == "Is there a cup? Please answer yes or no.");
  CHECK(asked("qwen2-vl-7b", "short", cup, true) ==
        "Is there a cup?\nPlease try to answer the question with short words or phrases if "
        "possible.");
  for (const char* model : {"llava-1.5-7b", "paligemma-3b-mix-224", "qwen2-vl-7b"}) {
    CHECK(asked(model, "open", cup) == "Is there a cup?");
  }
}

TEST_CASE("options stand behind a question as the model's evaluations show them",
          "[capture][question]") {
  CHECK(asked("llava-1.5-7b", "letter", kSeed) ==
        "How many cups are there?\nA. One\nB. Two\nC. Three\nD. Four\n"
        "Answer with the option's letter from the given choices directly.");
  CHECK(asked("qwen2-vl-7b", "letter", kSeed) ==
        "Question: How many cups are there?\nOptions:\nA. One\nB. Two\nC. Three\nD. Four\n"
        "Please select the correct answer from the options above.");
  CHECK(asked("paligemma-3b-mix-224", "letter", kSeed) ==
        "How many cups are there?\nA. One\nB. Two\nC. Three\nD. Four");
  // Options are no part of another form's question.
  CHECK(asked("llava-1.5-7b", "short", kSeed) == kSeed.question + kLine);
}

TEST_CASE("an absent option is left out, the others keep their letters", "[capture][question]") {
  const Row gap{"Which one?", {"", "a cup", "", "a bowl"}};
  CHECK(asked("llava-1.5-7b", "letter", gap) ==
        "Which one?\nB. a cup\nD. a bowl\n"
        "Answer with the option's letter from the given choices directly.");
}

TEST_CASE("a hint stands before everything", "[capture][question]") {
  const Row hinted{"Which one?", {"a cup", "a bowl"}, "It is round."};
  CHECK(asked("qwen2-vl-7b", "letter", hinted) ==
        "Hint: It is round.\nQuestion: Which one?\nOptions:\nA. a cup\nB. a bowl\n"
        "Please select the correct answer from the options above.");
  CHECK(asked("llava-1.5-7b", "letter", hinted) ==
        "It is round.\nWhich one?\nA. a cup\nB. a bowl\n"
        "Answer with the option's letter from the given choices directly.");
  CHECK(asked("llava-1.5-7b", "short", hinted) == "It is round.\nWhich one?" + kLine);
  PromptStyle none = style("llava-1.5-7b", "short");
  none.hint.clear();
  CHECK(asked_question(table(hinted), 0, none).question == "Which one?");
}

TEST_CASE("MME's own last sentence makes way for the model's text", "[capture][question]") {
  for (const std::string gap : {" ", "  "}) {  // seven questions of MME have two spaces
    const Row mme{"Is there a cup in this image?" + gap + "Please answer yes or no."};
    CHECK(asked("llava-1.5-7b", "yes_no", mme) == "Is there a cup in this image?" + kLine);
    // VLMEvalKit asks Qwen2-VL for the same thing: the question stays as it is, to the space.
    CHECK(asked("qwen2-vl-7b", "yes_no", mme, true) == mme.question);
    CHECK(asked("paligemma-3b-mix-224", "yes_no", mme) == mme.question);
    CHECK(asked("llava-1.5-7b", "open", mme) == mme.question);
  }
  const Row inside{"Please answer yes or no. Is it?"};
  CHECK(asked("llava-1.5-7b", "yes_no", inside) == inside.question + kLine);
}

TEST_CASE("marks inside a question, hint or option are text", "[capture][question]") {
  const Row row{"What is {options}?", {"{q}", "{h}"}, "{q}"};
  CHECK(asked("llava-1.5-7b", "letter", row) ==
        "{q}\nWhat is {options}?\nA. {q}\nB. {h}\n"
        "Answer with the option's letter from the given choices directly.");
}

TEST_CASE("an item has no more options than there are letters", "[capture][question]") {
  const PromptStyle letter = style("llava-1.5-7b", "letter");
  const Row most{"Which?", std::vector<std::string>(26, "x")};
  CHECK(asked_question(table(most), 0, letter).question.ends_with("Z. x"));
  const Row more{"Which?", std::vector<std::string>(27, "x")};
  CHECK_THROWS_WITH(asked_question(table(more), 0, letter),
                    Catch::Contains("27 options, expected at most 26"));
}

TEST_CASE("likelihoods are of answers to the question alone", "[capture][question]") {
  for (const char* form : {"letter", "short", "yes_no"}) {
    const AskedQuestion bare = bare_question(table(kSeed), 0, style("qwen2-vl-7b", form));
    CHECK(bare.question == "How many cups are there?");
    CHECK(bare.suffix.empty());
  }
  const Row hinted{"Which one?", {"a cup"}, "It is round."};
  CHECK(bare_question(table(hinted), 0, style("qwen2-vl-7b", "letter")).question ==
        "Hint: It is round.\nWhich one?");
}
