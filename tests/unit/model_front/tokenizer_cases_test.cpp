// Small tokenizers with the ids and texts that the Hugging Face tokenizers library gives for them:
// data/tokenizer_cases.json, written by tools/reference/make_tokenizer_cases.py.
#include <catch2/catch.hpp>

#include "pipeline/model/tokenizer.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;
using Ids = std::vector<std::int32_t>;

namespace {

const Json& all_cases() {
  static const Json cases = read_json(std::filesystem::path(VRP_SOURCE_DIR) /
                                      "tests/unit/model_front/data/tokenizer_cases.json");
  return cases;
}

Tokenizer load(const Json& entry) {
  const TemporaryFolder folder;
  write_json(folder.path() / "tokenizer.json", entry.at("tokenizer"));
  return Tokenizer::load(folder.path());
}

const Json& entry(const std::string& name) {
  for (const Json& one : all_cases()) {
    if (one.at("name") == name) return one;
  }
  throw std::runtime_error("no case " + name);
}

}  // namespace

TEST_CASE("Gemma's and Qwen2-VL's kinds of tokenizer give the reference's ids and texts",
          "[model][tokenizer]") {
  for (const char* name : {"gemma", "qwen2_vl"}) {
    const Json& expected = entry(name);
    const Tokenizer tokenizer = load(expected);
    REQUIRE(expected.at("texts").size() > 100);
    for (const Json& row : expected.at("texts")) {
      const auto text = row[0].get<std::string>();
      INFO(name << ": " << row[0].dump());
      const auto ids = tokenizer.encode(text, false);
      CHECK(ids == row[1].get<Ids>());
      CHECK(tokenizer.encode(text, true) == row[2].get<Ids>());
      CHECK(tokenizer.decode(ids, false) == row[3].get<std::string>());
      CHECK(tokenizer.decode(ids, true) == row[4].get<std::string>());
    }
    REQUIRE(expected.at("decodes").size() > 50);
    for (const Json& row : expected.at("decodes")) {  // any ids, as a model may generate them
      INFO(name << ": " << row[0].dump());
      CHECK(tokenizer.decode(row[0].get<Ids>(), false) == row[1].get<std::string>());
      CHECK(tokenizer.decode(row[0].get<Ids>(), true) == row[2].get<std::string>());
    }
  }
}

TEST_CASE("every behaviour of Split and ByteLevel cuts where the reference cuts",
          "[model][tokenizer]") {
  std::size_t pre_tokenizers = 0;
  for (const Json& expected : all_cases()) {
    if (expected.contains("decodes")) continue;
    ++pre_tokenizers;
    const Tokenizer tokenizer = load(expected);  // it knows every piece, so ids show the cuts
    for (const Json& row : expected.at("texts")) {
      INFO(expected.at("name") << ": " << row[0].dump());
      CHECK(tokenizer.encode(row[0].get<std::string>()) == row[1].get<Ids>());
    }
  }
  CHECK(pre_tokenizers > 40);
}

TEST_CASE("merges as pairs and as texts give the same ids", "[model][tokenizer]") {
  Json other = entry("gemma");
  Json& merges = other["tokenizer"]["model"]["merges"];
  for (Json& merge : merges) {
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  }
  merges.insert(merges.begin(), "#version: 0.2");  // the first line of a merges.txt
  const Tokenizer tokenizer = load(other);
  for (const Json& row : other.at("texts")) {
    CHECK(tokenizer.encode(row[0].get<std::string>(), false) == row[1].get<Ids>());
  }
}

TEST_CASE("a damaged answer becomes one U+FFFD for each broken character", "[model][tokenizer]") {
  const Tokenizer tokenizer = load(entry("qwen2_vl"));
  const auto bytes = [&](const std::string& text) {  // its bytes as tokens, one each
    Ids ids;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      // What is printable stands for itself, the others follow U+0100 in order.
      const char32_t code = byte <= 0x20                  ? 0x100u + byte
                            : byte >= 0x7F && byte < 0xA1 ? 0x121u + byte - 0x7Fu
                            : byte == 0xAD                ? 0x143u
                                                          : byte;
      std::string token;
      append_utf8(token, code);
      ids.push_back(tokenizer.token_id(token));
    }
    return ids;
  };
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(tokenizer.decode(bytes("a\xE3\x81\x82z")) == "a\xE3\x81\x82z");
  CHECK(tokenizer.decode(bytes("a\xE3\x81z")) == "a" + bad + "z");  // two of three bytes
  CHECK(tokenizer.decode(bytes("\xF0\x9F\x99")) == bad);            // three of four
  CHECK(tokenizer.decode(bytes("\xF0\x9F\xE3\x81\x82")) == bad + "\xE3\x81\x82");
  CHECK(tokenizer.decode(bytes("\x81\x82")) == bad + bad);  // nothing to belong to
  CHECK(tokenizer.decode(bytes("\xC0\x80")) == bad + bad);  // an overlong form
  CHECK(tokenizer.decode(bytes("\xE0\x9F\xBF")) == bad + bad + bad);
  CHECK(tokenizer.decode(bytes("\xED\xA0\x80")) == bad + bad + bad);  // a surrogate
  CHECK(tokenizer.decode(bytes("\xF4\x90\x80\x80")) == bad + bad + bad + bad);
  CHECK(tokenizer.decode(bytes("\xFF\xF8")) == bad + bad);
}
