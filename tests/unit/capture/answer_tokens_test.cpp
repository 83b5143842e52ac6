// Which first tokens are right, on the three kinds of tokenizer.
#include "stages/capture/answer_tokens.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/model/tokenizer_blank.hpp"

using namespace vrp;

namespace {

using Ids = std::vector<std::int32_t>;

struct Kind {
  explicit Kind(const std::string& family)
      : folder(VRP_SOURCE_DIR "/tests/golden/data/" + family + "/checkpoint"),
        tokenizer(Tokenizer::load(folder)),
        blank(blank_tokens(tokenizer, read_model_spec(folder).text.vocab)) {}

  LensTokens of(const std::string& reference, const CaptureParams& params = {}) {
    sets.push_back(std::make_unique<AnswerTokens>(tokenizer, blank, params));
    return sets.back()->of(reference);
  }
  /// The tokens' ids by name, ascending.
  Ids ids(const std::vector<const char*>& names) const {
    Ids out;
    for (const char* name : names) {
      out.push_back(tokenizer.token_id(name));
      INFO(name);
      REQUIRE(out.back() >= 0);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  bool is_blank(const char* name) const {
    return std::binary_search(blank.begin(), blank.end(), tokenizer.token_id(name));
  }

  std::string folder;
  Tokenizer tokenizer;
  Ids blank;
  std::vector<std::unique_ptr<AnswerTokens>> sets;
};

Ids list(std::span<const std::int32_t> ids) { return {ids.begin(), ids.end()}; }

CaptureParams choice(const char* margin, const char* blank_token) {
  CaptureParams params;
  params.margin = margin;
  params.blank_token = blank_token;
  return params;
}

ItemTable answers(const std::string& answer, const std::vector<std::string>& several) {
  ItemTable items;
  items.answer = {answer};
  items.answers = {several};
  return items;
}

}  // namespace

TEST_CASE("text that shows nothing", "[capture][lens]") {
  for (const char* text : {" ", "\n", "\t \r\n", "\xC2\xA0", "\xE2\x80\x89", "\xE3\x80\x80",
                           "\xE2\x80\x8B", "\xEF\xBB\xBF", "\x01"}) {
    CHECK(blank_text(text));
  }
  for (const char* text : {"", "a", " a", "\xE2\x96\x81", "\xEF\xBF\xBD", ".", "\xE6\x97\xA5"}) {
    CHECK_FALSE(blank_text(text));
  }
}

TEST_CASE("blank tokens are the space and newline pieces, never special ones", "[capture][lens]") {
  Kind llava("llava"), gemma("paligemma"), qwen("qwen2_vl");
  CHECK(llava.is_blank("\xE2\x96\x81"));
  CHECK(llava.is_blank("<0x0A>"));
  CHECK_FALSE(llava.is_blank("</s>"));
  CHECK_FALSE(llava.is_blank("<image>"));
  CHECK(gemma.is_blank("\xE2\x96\x81"));
  CHECK(gemma.is_blank("\n"));
  CHECK_FALSE(gemma.is_blank("<eos>"));
  CHECK(qwen.is_blank("\xC4\xA0"));  // space
  CHECK(qwen.is_blank("\xC4\x8A"));  // newline
  CHECK_FALSE(qwen.is_blank("<|im_end|>"));
  // Ids without a token decode to nothing and stay rivals.
  const auto vocab = read_model_spec(llava.folder).text.vocab;
  REQUIRE(vocab > 411);
  CHECK(llava.blank.back() < 411);
}

TEST_CASE("a target has every form with and without a leading space, by its first visible token",
          "[capture][lens]") {
  Kind llava("llava");
  // A digit stands behind a space piece, and behind a newline it stands alone: the same token.
  CHECK(list(llava.of("3").target) == llava.ids({"3"}));
  const Ids yes = list(llava.of("Yes").target);
  CHECK(yes == list(llava.of("yes").target));
  for (const char* name : {"\xE2\x96\x81Yes", "Yes", "\xE2\x96\x81yes"}) {
    CHECK(std::binary_search(yes.begin(), yes.end(), llava.tokenizer.token_id(name)));
  }
  for (const std::int32_t id : yes) {
    CHECK_FALSE(std::binary_search(llava.blank.begin(), llava.blank.end(), id));
  }
  Kind gemma("paligemma");
  CHECK(list(gemma.of("3").target) == gemma.ids({"3"}));
  const Ids no = list(gemma.of("no").target);
  CHECK(std::binary_search(no.begin(), no.end(), gemma.tokenizer.token_id("n")));
  Kind qwen("qwen2_vl");
  CHECK(list(qwen.of("3").target) == qwen.ids({"3"}));
  const Ids mixed = list(qwen.of("yes").target);
  CHECK(std::binary_search(mixed.begin(), mixed.end(), qwen.tokenizer.token_id("yes")));
  CHECK(std::binary_search(mixed.begin(), mixed.end(), qwen.tokenizer.token_id("Yes")));
  for (Kind* kind : {&llava, &gemma, &qwen}) {
    CHECK(kind->of("").target.empty());
    CHECK(list(kind->of("3").ignored) == kind->blank);
    CHECK(kind->of("3").rivals.empty());
    const auto both = kind->of("");
    CHECK(list(both.first) == list(kind->of("yes").target));
    CHECK(list(both.second) == list(kind->of("no").target));
    std::set<std::int32_t> distinct(both.first.begin(), both.first.end());
    for (const std::int32_t id : both.second) CHECK(distinct.insert(id).second);
  }
}

TEST_CASE("single takes the reference as given alone, binary the other word's forms as rivals",
          "[capture][lens]") {
  Kind llava("llava");
  CHECK(list(llava.of("Yes", choice("single", "skip")).target) == llava.ids({"\xE2\x96\x81Yes"}));
  CHECK(list(llava.of("3", choice("single", "skip")).target) == llava.ids({"3"}));
  const auto yes = llava.of("Yes", choice("binary", "skip"));
  CHECK(list(yes.target) == list(yes.first));
  CHECK(list(yes.rivals) == list(yes.second));
  const auto no = llava.of("no.", choice("binary", "skip"));
  CHECK(list(no.target) == list(no.second));
  CHECK(list(no.rivals) == list(no.first));
  CHECK(llava.of("3", choice("binary", "skip")).target.empty());
}

TEST_CASE("blank tokens compete with blank_token = rival and are right with target",
          "[capture][lens]") {
  Kind llava("llava");
  const auto rival = llava.of("3", choice("set", "rival"));
  CHECK(list(rival.target) == llava.ids({"3"}));
  CHECK(rival.ignored.empty());
  const auto literal = llava.of("3", choice("set", "target"));
  CHECK(list(literal.target) == llava.ids({"\xE2\x96\x81"}));
  CHECK(literal.ignored.empty());
  CHECK(list(llava.of("3", choice("single", "target")).target) == llava.ids({"\xE2\x96\x81"}));
  CHECK(list(literal.first) == list(rival.first));
}

TEST_CASE("sets of a reference are made once", "[capture][lens]") {
  Kind llava("llava");
  AnswerTokens tokens(llava.tokenizer, llava.blank, {});
  const LensTokens* first = &tokens.of("Yes");
  const auto* data = first->target.data();
  tokens.of("no");
  tokens.of("3");
  CHECK(&tokens.of("Yes") == first);
  CHECK(tokens.of("Yes").target.data() == data);
}

TEST_CASE("the reference is the most frequent answer, the first in order on ties",
          "[capture][lens]") {
  CHECK(reference_of(answers("yes", {}), 0) == "yes");
  CHECK(reference_of(answers("  3 ", {}), 0) == "3");
  CHECK(reference_of(answers("", {}), 0).empty());
  CHECK(reference_of(answers("", {"cat", "dog", "dog", " cat", "bird"}), 0) == "cat");
  CHECK(reference_of(answers("cat", {"dog", "dog", "cat"}), 0) == "dog");
  CHECK(reference_of(answers("cat", {"", " "}), 0) == "cat");
}

TEST_CASE("capture's choices are checked", "[capture][lens]") {
  const auto refused = [](auto&& change) {
    CaptureParams params;
    change(params);
    CHECK_THROWS_AS(check(params), Error);
  };
  check(CaptureParams{});
  refused([](CaptureParams& p) { p.margin = "both"; });
  refused([](CaptureParams& p) { p.lens_norm = "none"; });
  refused([](CaptureParams& p) { p.blank_token = "keep"; });
  refused([](CaptureParams& p) {
    p.head_gain = true;
    p.lens = false;
  });
}
