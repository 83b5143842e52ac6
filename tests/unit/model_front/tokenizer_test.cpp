#include "pipeline/model/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;
using Ids = std::vector<std::int32_t>;

namespace {

/// A tokenizer.json with single letters a-e, a few merged tokens and what `change` does to it.
Tokenizer tokenizer_of(const std::function<void(Json&)>& change = {}) {
  Json json = {{"added_tokens", Json::array()},
               {"normalizer", nullptr},
               {"pre_tokenizer", nullptr},
               {"post_processor", nullptr},
               {"decoder", {{"type", "Fuse"}}},
               {"model",
                {{"type", "BPE"},
                 {"unk_token", "<unk>"},
                 {"fuse_unk", false},
                 {"byte_fallback", false},
                 {"vocab",
                  {{"<unk>", 0},
                   {"a", 1},
                   {"b", 2},
                   {"c", 3},
                   {"d", 4},
                   {"ab", 5},
                   {"bc", 6},
                   {"abc", 7},
                   {"aa", 8},
                   {"▁", 9},
                   {"▁a", 10}}},
                 {"merges", {"b c", "a b", "a bc", "a a", "▁ a"}}}}};
  if (change) change(json);
  const TemporaryFolder folder;
  write_json(folder.path() / "tokenizer.json", json);
  return Tokenizer::load(folder.path());
}

Json added(int id, const char* content) {
  return {{"id", id},        {"content", content}, {"special", false},    {"normalized", false},
          {"lstrip", false}, {"rstrip", false},    {"single_word", false}};
}

void refused(const std::function<void(Json&)>& change, std::vector<std::string> parts) {
  parts.push_back("tokenizer.json");
  expect_error([&] { tokenizer_of(change); }, parts);
}

}  // namespace

TEST_CASE("merges run by rank, and from the left among equals", "[model][tokenizer]") {
  const auto t = tokenizer_of();
  CHECK(t.encode("abc") == Ids{7});  // b c, then a bc
  CHECK(t.encode("ab") == Ids{5});
  CHECK(t.encode("aaa") == Ids{8, 1});  // the left pair first
  CHECK(t.encode("aaaa") == Ids{8, 8});
  CHECK(t.encode("aabc") == Ids{1, 7});  // "a a" ranks after both others
  CHECK(t.encode("cab") == Ids{3, 5});
  CHECK(t.encode("").empty());
}

TEST_CASE("unknown characters become one token each, or one a run, or their bytes",
          "[model][tokenizer]") {
  CHECK(tokenizer_of().encode("axyzb") == Ids{1, 0, 0, 0, 2});
  CHECK(tokenizer_of([](Json& j) { j["model"]["fuse_unk"] = true; }).encode("axyzb") ==
        Ids{1, 0, 2});
  CHECK(tokenizer_of([](Json& j) { j["model"]["unk_token"] = nullptr; }).encode("axb") == Ids{5});
  const auto bytes = tokenizer_of([](Json& j) {
    j["model"]["byte_fallback"] = true;
    j["model"]["vocab"]["<0xC3>"] = 20;
    j["model"]["vocab"]["<0xA9>"] = 21;
  });
  CHECK(bytes.encode("aé") == Ids{1, 20, 21});
  CHECK(bytes.encode("è") == Ids{0});  // <0xA8> is no token, so the character is unknown
}

TEST_CASE("merges as pairs, and words that are tokens already", "[model][tokenizer]") {
  CHECK(tokenizer_of([](Json& j) {
          j["model"]["merges"] = Json::array({Json::array({"b", "c"}), Json::array({"a", "bc"})});
        }).encode("abc") == Ids{7});
  const auto keep = [](Json& j) {
    j["model"]["merges"] = Json::array();
    j["model"]["ignore_merges"] = true;
  };
  CHECK(tokenizer_of(keep).encode("abc") == Ids{7});
  CHECK(tokenizer_of(keep).encode("abca") == Ids{1, 2, 3, 1});
}

TEST_CASE("added tokens are cut out first, the longest at the leftmost place",
          "[model][tokenizer]") {
  const auto t = tokenizer_of([](Json& j) {
    j["added_tokens"] = {added(30, "<x>"), added(31, "<x><y>"), added(32, "b")};
    j["model"]["vocab"]["b"] = 32;
  });
  CHECK(t.encode("a<x>c") == Ids{1, 30, 3});
  CHECK(t.encode("<x><y><x>") == Ids{31, 30});
  CHECK(t.encode("abc") == Ids{1, 32, 3});
  CHECK(t.token_id("<x><y>") == 31);
  CHECK(t.token_id("abc") == 7);
  CHECK(t.token_id("nothing") == -1);
  CHECK(t.size() == 13);
}

TEST_CASE("added tokens take white space along where they say so", "[model][tokenizer]") {
  const auto t = tokenizer_of([](Json& j) {
    j["added_tokens"] = {added(30, "<l>"), added(31, "<r>")};
    j["added_tokens"][0]["lstrip"] = true;
    j["added_tokens"][1]["rstrip"] = true;
  });
  CHECK(t.encode("a \t\xE3\x80\x80<l> b") == Ids{1, 30, 0, 2});
  CHECK(t.encode("a <r> \n\xC2\xA0 b") == Ids{1, 0, 31, 2});
  CHECK(t.encode("<r>  <l>") == Ids{31, 30});
}

TEST_CASE("a single-word token needs a border on both sides", "[model][tokenizer]") {
  const auto t = tokenizer_of([](Json& j) {
    j["added_tokens"] = {added(30, "dd")};
    j["added_tokens"][0]["single_word"] = true;
  });
  CHECK(t.encode("dd") == Ids{30});
  CHECK(t.encode("a-dd-a").at(2) == 30);
  CHECK(t.encode("add") == Ids{1, 4, 4});
  CHECK(t.encode("dda") == Ids{4, 4, 1});
  CHECK(t.encode("dd\xE3\x80\x80") == Ids{30, 0});  // an ideographic space is white space
  CHECK(t.encode("dd\xC3\xA9") == Ids{4, 4, 0});    // é is a letter
  CHECK(t.encode("\xCC\x81"
                 "dd") == Ids{0, 4, 4});            // a mark counts as one
  CHECK(t.encode("dd\xE2\x80\x9D") == Ids{30, 0});  // a closing quote does not
}

TEST_CASE("a normalised token is looked for in normalised text", "[model][tokenizer]") {
  const auto t = tokenizer_of([](Json& j) {
    j["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "d"}}}, {"content", "c"}};
    j["added_tokens"] = {added(30, "dd"), added(31, "cdc")};
    j["added_tokens"][0]["normalized"] = true;  // becomes "cc"
  });
  CHECK(t.encode("adda") == Ids{1, 30, 1});
  CHECK(t.encode("acda") == Ids{1, 30, 1});
  CHECK(t.encode("cdc") == Ids{31});
}

TEST_CASE("a prefix goes before every piece between added tokens that is not empty",
          "[model][tokenizer]") {
  const auto legacy = tokenizer_of([](Json& j) {
    j["added_tokens"] = {added(30, "<x>")};
    j["normalizer"] = {{"type", "Sequence"},
                       {"normalizers",
                        {{{"type", "Prepend"}, {"prepend", "▁"}},
                         {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}}}};
  });
  CHECK(legacy.encode("a<x>a") == Ids{10, 30, 10});
  CHECK(legacy.encode("<x><x>") == Ids{30, 30});
  CHECK(legacy.encode(" a") == Ids{9, 10});
}

TEST_CASE("Metaspace marks the first piece, every piece or none", "[model][tokenizer]") {
  const auto with = [](const char* scheme, bool split) {
    return tokenizer_of([=](Json& j) {
      j["added_tokens"] = {added(30, "<x>")};
      j["pre_tokenizer"] = {{"type", "Metaspace"},
                            {"replacement", "▁"},
                            {"prepend_scheme", scheme},
                            {"split", split}};
    });
  };
  CHECK(with("first", true).encode("a<x>a a") == Ids{10, 30, 1, 10});
  CHECK(with("always", true).encode("a<x>a a") == Ids{10, 30, 10, 10});
  CHECK(with("never", false).encode("a<x>a a") == Ids{1, 30, 1, 10});
  CHECK(with("first", true).encode(" a") == Ids{10});  // it begins with a mark already
  CHECK(with("first", true).encode("<x>a") == Ids{30, 1});
  const auto old = tokenizer_of([](Json& j) {
    j["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "▁"}, {"add_prefix_space", true}};
  });
  CHECK(old.encode("a a") == Ids{10, 10});
}

TEST_CASE("splitting at marks keeps merges inside words", "[model][tokenizer]") {
  const auto merged = [](bool split) {
    return tokenizer_of([=](Json& j) {
      j["model"]["vocab"]["a▁"] = 11;
      j["model"]["merges"].insert(j["model"]["merges"].begin(), "a ▁");
      j["pre_tokenizer"] = {{"type", "Metaspace"},
                            {"replacement", "▁"},
                            {"prepend_scheme", "never"},
                            {"split", split}};
    });
  };
  CHECK(merged(false).encode("a a") == Ids{11, 1});
  CHECK(merged(true).encode("a a") == Ids{1, 10});
}

TEST_CASE("the template puts special tokens around the text once", "[model][tokenizer]") {
  const auto t = tokenizer_of([](Json& j) {
    j["added_tokens"] = {added(30, "<s>"), added(31, "</s>")};
    j["added_tokens"][0]["special"] = true;
    j["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<s>"}}}},
          {{"Sequence", {{"id", "A"}}}},
          {{"SpecialToken", {{"id", "</s>"}}}}}},
        {"special_tokens", {{"<s>", {{"ids", {30}}}}, {"</s>", {{"ids", {31, 31}}}}}}};
  });
  CHECK(t.encode("ab") == Ids{30, 5, 31, 31});
  CHECK(t.encode("ab", false) == Ids{5});
  CHECK(t.decode({30, 5, 31}, true) == "ab</s>");  // only <s> is special
  CHECK(t.decode({30, 5, 31}, false) == "<s>ab</s>");
}

TEST_CASE("decoders put text together again", "[model][tokenizer]") {
  const auto with = [](const Json& decoder) {
    return tokenizer_of([&](Json& j) {
      j["decoder"] = decoder;
      for (const char* b : {"<0xC3>", "<0xA9>", "<0x41>"}) {
        j["model"]["vocab"][b] = 20 + j["model"]["vocab"].size();
      }
    });
  };
  const Ids bytes{31, 32}, broken{33, 31};  // C3 A9, and 41 C3
  const Json fallback = {{"type", "ByteFallback"}};
  CHECK(with(fallback).decode(bytes) == "é");
  CHECK(with(fallback).decode(broken) == "\xEF\xBF\xBD\xEF\xBF\xBD");  // the valid A too
  CHECK(with(fallback).decode({33, 1, 31}) == "Aa\xEF\xBF\xBD");
  const Json replace = {{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}};
  const Json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
  CHECK(with(replace).decode({10, 10}) == " a a");
  CHECK(with({{"type", "Sequence"}, {"decoders", {replace, {{"type", "Fuse"}}, strip}}})
            .decode({9, 10, 10}) == " a a");
  CHECK(with({{"type", "Sequence"}, {"decoders", {replace, strip}}}).decode({10, 10}) == "aa");
  const Json metaspace = {{"type", "Metaspace"}, {"replacement", "▁"}};
  CHECK(with(metaspace).decode({10, 10}) == "a a");
  CHECK(with({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}})
            .decode({10, 10}) == " a a");
  CHECK(with(nullptr).decode({1, 2}) == "a b");
}

TEST_CASE("ids without a token decode to nothing", "[model][tokenizer]") {
  CHECK(tokenizer_of().decode({1, 999, -5, 2}) == "ab");
  CHECK(tokenizer_of().decode({}).empty());
}

TEST_CASE("text that is not UTF-8 is refused", "[model][tokenizer]") {
  expect_error([] { tokenizer_of().encode("ab\xFF"); }, {"UTF-8", "byte 2"});
  expect_error([] { tokenizer_of().encode("\xE3\x80"); }, {"UTF-8", "byte 0"});
}

TEST_CASE("components that are not supported are named", "[model][tokenizer]") {
  refused([](Json& j) { j["normalizer"] = {{"type", "NFKC"}}; }, {"normalizer 'NFKC'", "Prepend"});
  refused(
      [](Json& j) {
        j["pre_tokenizer"] = {{"type", "Digits"}};
      },
      {"pre_tokenizer 'Digits'", "Metaspace"});
  refused(
      [](Json& j) {
        j["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "Whitespace"}}}}};
      },
      {"pre_tokenizer 'Whitespace'"});
  refused([](Json& j) { j["model"]["type"] = "Unigram"; }, {"model 'Unigram'", "BPE"});
  refused(
      [](Json& j) {
        j["post_processor"] = {{"type", "BertProcessing"}};
      },
      {"post_processor 'BertProcessing'"});
  refused([](Json& j) { j["decoder"] = {{"type", "WordPiece"}}; }, {"decoder 'WordPiece'"});
  refused([](Json& j) { j["model"]["dropout"] = 0.1; }, {"dropout", "0.1"});
  refused([](Json& j) { j["model"]["continuing_subword_prefix"] = "##"; },
          {"continuing_subword_prefix"});
  refused(
      [](Json& j) {
        j["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "a+"}}}, {"content", ""}};
      },
      {"regular expression", "a+"});
}

TEST_CASE("a tokenizer that contradicts itself is refused", "[model][tokenizer]") {
  refused([](Json& j) { j.erase("model"); }, {"'model'", "missing"});
  refused([](Json& j) { j = Json::array(); }, {"array", "object"});
  refused([](Json& j) { j["model"].erase("vocab"); }, {"'vocab'", "missing"});
  refused([](Json& j) { j["model"]["vocab"]["a"] = -1; }, {"token 'a'", "-1"});
  refused([](Json& j) { j["model"]["vocab"]["a"] = 2; }, {"same id 2"});
  refused([](Json& j) { j["model"]["merges"].push_back("a b c"); }, {"merge 5", "a b c"});
  refused([](Json& j) { j["model"]["merges"].push_back("a d"); }, {"merge 5", "'ad'"});
  refused([](Json& j) { j["model"]["merges"] = "a b"; }, {"merges", "list"});
  refused([](Json& j) { j["model"]["unk_token"] = "<none>"; }, {"unk_token", "<none>"});
  refused([](Json& j) { j["model"]["fuse_unk"] = 1; }, {"fuse_unk", "true or false"});
  refused([](Json& j) { j["added_tokens"] = {added(30, "a")}; },
          {"added_tokens[0]", "'a'", "30", "expected 1"});
  refused([](Json& j) { j["added_tokens"] = {added(3, "x")}; }, {"added_tokens[0]", "'x'"});
  refused(
      [](Json& j) {
        j["added_tokens"] = {added(30, "x"), added(30, "y")};
      },
      {"added_tokens[1]", "'y'"});
  refused([](Json& j) { j["added_tokens"] = {{{"content", "x"}}}; }, {"added_tokens[0]", "'id'"});
  refused(
      [](Json& j) {
        j["decoder"] = {{"type", "Strip"}, {"content", "  "}, {"start", 1}, {"stop", 0}};
      },
      {"'content'", "one character"});
  refused(
      [](Json& j) {
        j["pre_tokenizer"] = {
            {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "some"}};
      },
      {"prepend_scheme", "some"});
  refused(
      [](Json& j) {
        j["post_processor"] = {{"type", "TemplateProcessing"}, {"single", Json::array()}};
      },
      {"0 sequences"});
  refused(
      [](Json& j) {
        j["post_processor"] = {{"type", "TemplateProcessing"},
                               {"single", {{{"SpecialToken", {{"id", "<s>"}}}}}},
                               {"special_tokens", Json::object()}};
      },
      {"'<s>'", "missing"});
  const TemporaryFolder folder;
  expect_error([&] { Tokenizer::load(folder.path()); }, {"tokenizer.json"});
  write_file(folder.path() / "tokenizer.json", "{\"model\": {\n\"vocab\": tru");
  expect_error([&] { Tokenizer::load(folder.path()); }, {"tokenizer.json", "line 2"});
}

TEST_CASE("a hundred thousand characters in one word take no quadratic time",
          "[model][tokenizer]") {
  const auto t = Tokenizer::load(golden_checkpoint());
  std::string text;
  while (text.size() < 100'000) text += "Is there a lantern on the pier? ";
  const auto begin = std::chrono::steady_clock::now();
  const auto ids = t.encode(text);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  CHECK(t.decode(ids) == text);
  CHECK(seconds.count() < 5);  // some 0.1 s; 10^10 comparisons would take minutes
}
