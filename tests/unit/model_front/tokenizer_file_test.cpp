// Reading tokenizer.json: the packed lists of the model, and files of real size.
#include "pipeline/model/tokenizer_file.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "pipeline/model/tokenizer.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

TokenizerFile read(const std::string& text) {
  const TemporaryFolder folder;
  write_file(folder.path() / "tokenizer.json", text);
  return read_tokenizer_file(folder.path() / "tokenizer.json");
}

Tokenizer load(const std::string& text) {
  const TemporaryFolder folder;
  write_file(folder.path() / "tokenizer.json", text);
  return Tokenizer::load(folder.path());
}

}  // namespace

TEST_CASE("vocabulary and merges are taken aside, the rest stays JSON", "[model][tokenizer]") {
  const auto file = read(R"({"a": [1, {"vocab": {"x": 1}, "merges": ["p q"]}], "vocab": {"y": 2},
      "model": {"merges": ["a b", ["c", "d e"], "#version: 0.2"], "unk_token": null,
                "vocab": {"a": 7, "\u00e9\n": 0}, "deep": {"vocab": {"z": 3}, "merges": [1, "m"]}},
      "truth": true, "none": null, "number": -1.5})");
  CHECK(file.json == Json::parse(R"({"a": [1, {"vocab": {"x": 1}, "merges": ["p q"]}],
      "vocab": {"y": 2}, "truth": true, "none": null, "number": -1.5,
      "model": {"unk_token": null, "deep": {"vocab": {"z": 3}, "merges": [1, "m"]}}})"));
  REQUIRE(file.lists.tokens.size() == 2);
  CHECK(file.lists.tokens[0] == "a");
  CHECK(file.lists.tokens[1] == "\xC3\xA9\n");
  CHECK(file.lists.ids == std::vector<std::int32_t>{7, 0});
  REQUIRE(file.lists.merges.size() == 4);
  CHECK(file.lists.merges[1] == "b");
  CHECK(file.lists.merges[3] == "d e");
}

TEST_CASE("the last of two fields counts, as in JSON values", "[model][tokenizer]") {
  const auto file = read(R"({"model": {"vocab": {"a": 1}, "merges": ["a a"]},
                             "model": {"vocab": {"b": 2}, "vocab": {"c": 3}}})");
  REQUIRE(file.lists.tokens.size() == 1);
  CHECK(file.lists.tokens[0] == "c");
  CHECK(file.lists.merges.size() == 0);
  CHECK_FALSE(file.lists.has_merges);
}

TEST_CASE("lists that hold something else are refused by token and by merge",
          "[model][tokenizer]") {
  const auto refused = [](const std::string& model, std::vector<std::string> parts) {
    parts.push_back("tokenizer.json");
    expect_error([&] { load("{\"model\": " + model + "}"); }, parts);
  };
  refused(R"({"vocab": {"a": 1.5}, "merges": []})", {"token 'a'", "1.5", "whole number"});
  refused(R"({"vocab": {"a": 2147483648}, "merges": []})", {"token 'a'", "2147483648"});
  refused(R"({"vocab": {"a": "1"}, "merges": []})", {"token 'a'", "\"1\""});
  refused(R"({"vocab": {"a": {"b": 1}}, "merges": []})", {"token 'a'", "an object"});
  refused(R"({"vocab": {"a": []}, "merges": []})", {"token 'a'", "a list"});
  refused(R"({"vocab": {"a": 1, "b": 2, "a": 3}, "merges": []})", {"'a'", "twice", "1 and 3"});
  refused(R"({"vocab": {}, "merges": []})", {"model.vocab", "empty"});
  refused(R"({"vocab": [["a", 1]], "merges": []})", {"model.vocab", "array"});
  refused(R"({"vocab": {"a": 1}})", {"'merges'", "missing"});
  refused(R"({"vocab": {"a": 1}, "merges": {"a": 1}})", {"model.merges", "object", "list"});
  refused(R"({"vocab": {"a": 1}, "merges": ["a a", 3]})", {"merge 1 is 3", "left right"});
  refused(R"({"vocab": {"a": 1}, "merges": [["a"]]})", {"merge 0", "[\"a\"]"});
  refused(R"({"vocab": {"a": 1}, "merges": [["a", 1]]})", {"merge 0 is 1"});
  refused(R"({"vocab": {"a": 1}, "merges": [["a", ["a"]]]})", {"merge 0", "a list"});
  refused(R"({"vocab": {"a": 1}, "merges": [{}]})", {"merge 0", "an object"});
  refused("5", {"number", "object", "'vocab'"});
  expect_error([] { load("[]"); }, {"array", "object"});
  expect_error([] { load("{\"model\": {\"vocab\": {\"a\": 1,\n]"); }, {"line 2", "column 1"});
  expect_error([] { load("{\"x\": 1e999}"); }, {"malformed JSON"});
  expect_error([] { load("{\"x\": \"\xFF\"}"); }, {"invalid UTF-8"});
  expect_error([] { load(std::string(300, '[')); }, {"nested deeper"});
}

TEST_CASE("a file of Gemma's size loads in a second or so", "[model][tokenizer]") {
  // 250 thousand tokens, each the merge of a shorter one and a letter; two merges for most of them.
  std::vector<std::string> tokens;
  for (char c = 'a'; c <= 'z'; ++c) tokens.emplace_back(1, c);
  std::string vocabulary, merges;
  for (std::size_t i = 0; tokens.size() < 250'000; ++i) {
    for (char c = 'a'; c <= 'z'; ++c) {
      tokens.push_back(tokens[i] + c);
      merges += "[\"" + tokens[i] + "\",\"" + c + "\"],\n";
      if (tokens[i].size() > 1) {
        merges += "[\"" + tokens[i].substr(0, 1) + "\",\"" + tokens[i].substr(1) + c + "\"],\n";
      }
    }
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    vocabulary += "\"" + tokens[i] + "\": " + std::to_string(i) + ",\n";
  }
  vocabulary.resize(vocabulary.size() - 2);
  merges.resize(merges.size() - 2);
  std::string added;
  for (int i = 0; i < 1200; ++i) {
    added += std::string(i == 0 ? "" : ",") + R"({"id": )" + std::to_string(300'000 + i) +
             R"(, "content": "<loc)" + std::to_string(i) + R"(>", "special": false})";
  }
  const TemporaryFolder folder;
  write_file(folder.path() / "tokenizer.json", "{\"added_tokens\": [" + added +
                                                   "], \"model\": {\"vocab\": {" + vocabulary +
                                                   "}, \"merges\": [" + merges + "]}}");
  const auto begin = std::chrono::steady_clock::now();
  const auto tokenizer = Tokenizer::load(folder.path());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  CHECK(seconds.count() < 20);  // 0.5 s; the bound leaves room for sanitizers
  CHECK(tokenizer.size() == tokens.size() + 1200);
  CHECK(tokenizer.token_id("<loc1199>") == 301'199);
  CHECK(tokenizer.encode("abc<loc7>zz") ==
        std::vector<std::int32_t>{tokenizer.token_id("abc"), 300'007, tokenizer.token_id("zz")});
}
