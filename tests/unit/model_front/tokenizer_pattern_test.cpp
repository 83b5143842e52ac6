// Regular expressions of a tokenizer.json: what is refused, and that none can hang. That the others
// cut as the reference does is in tokenizer_cases_test.cpp.
#include "pipeline/model/tokenizer_pattern.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_dialect.hpp"
#include "pipeline/model/tokenizer_unicode.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

std::vector<std::string> matches(const std::string& expression, const std::string& text) {
  std::vector<std::string> out;
  for (const Span& span : make_regex(expression, "test")->find(text)) {
    if (span.is_match) out.push_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

double seconds_of(const std::function<void()>& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("spans cover a text in order", "[model][tokenizer]") {
  const std::string text = "ab12  c3";
  for (const char* expression : {"\\d+", "(?=c)|\\s", "z", ".", "^|$"}) {
    INFO(expression);
    std::size_t done = 0;
    for (const Span& span : make_regex(expression, "test")->find(text)) {
      CHECK(span.begin == done);
      CHECK((span.is_match || span.end > span.begin));
      done = span.end;
    }
    CHECK(done == text.size());
  }
  CHECK(make_regex("a", "test")->find("").empty());
}

TEST_CASE("what the two dialects take differently is refused with its place",
          "[model][tokenizer]") {
  const std::pair<const char*, std::vector<std::string>> kRefused[] = {
      {"a\\w", {"'\\w'", "byte 1"}},
      {"\\bx", {"'\\b'", "byte 0"}},
      {"\\h", {"'\\h'"}},
      {"\\R", {"'\\R'"}},
      {"\\X", {"'\\X'"}},
      {"a\\Kb", {"'\\K'"}},
      {"\\G", {"'\\G'"}},
      {"(a)\\1", {"'\\1'"}},
      {"\\pL", {"property without {}"}},
      {"\\p{Han}", {"property 'Han'", "general categories"}},
      {"\\p{L", {"property without {}"}},
      {"[a[bc]]", {"'['", "byte 2"}},
      {"[[:alpha:]]", {"'['"}},
      {"[a&&b]", {"'&&'"}},
      {"[]a]", {"']'"}},
      {"[a-z-9]", {"'-'"}},
      {"[a-\\d]", {"range that ends in a set"}},
      {"[b-a]", {"backwards"}},
      {"[ab", {"end in the middle"}},
      {"a\\", {"'\\' at the end"}},
      {"(?<name>a)", {"group '(?<n"}},
      {"(?m:.)", {"group '(?m:"}},
      {"a(?i)b", {"group '(?i)"}},
      {"a)", {"')'"}},
      {"*a", {"without an operand", "byte 0"}},
      {"(?=a)*", {"without an operand"}},
      {"^*", {"without an operand"}},
      {"(?:a|^){2}", {"without an operand"}},
      {"a**", {"quantifier of a quantifier"}},
      {"a{2}+", {"after {n,m}"}},
      {"a{2}?", {"after {n,m}"}},
      {"a{,2}", {"{n,m}"}},
      {"a{", {"{n,m}"}},
      {"\\xE9", {"beyond ASCII"}},
      {"\\x{110000}", {"malformed"}},
      {"\\x{D800}", {"malformed"}},
      {"\\u12", {"malformed"}},
      {"(?i:é)", {"beyond ASCII", "case"}},
      {"(?i:ss)", {"'ss'", "case"}},
      {"(?i:f(?:i))", {"'fi'"}},
      {"(?i:[^a])", {"case"}},
      {"(?i:\\p{L})", {"case"}},
      {"(?<=a+)b", {"PCRE2", "lookbehind"}},
      {"(a", {"PCRE2", "parenthes"}}};
  for (const auto& [expression, parts] : kRefused) {
    INFO(expression);
    auto expected = parts;
    expected.insert(expected.end(), {"test: regular expression"});
    expect_error([&] { make_regex(expression, "test"); }, expected);
  }
  expect_error([] { parse_pattern(Json{{"Regex", ""}}, "test"); }, {"'Regex' is empty"});
  expect_error([] { parse_pattern(Json{{"String", ""}}, "test"); }, {"'String' is empty"});
  expect_error([] { parse_pattern(Json{{"Text", "a"}}, "test"); }, {"'String'", "missing"});
  expect_error([] { make_regex(std::string(200, '('), "test"); }, {"PCRE2", "nested"});
}

TEST_CASE("case counts where the reference lets it count", "[model][tokenizer]") {
  CHECK(matches("(?i:'s|k)", "'s'S'\xC5\xBF k\xE2\x84\xAA") ==  // long s, the Kelvin sign
        Texts{"'s", "'S", "'\xC5\xBF", "k", "\xE2\x84\xAA"});
  CHECK(matches("(?i:a)b", "AbAB") == Texts{"Ab"});
  CHECK(matches("(?i)a|B", "AbB") == Texts{"A", "b", "B"});
}

TEST_CASE("matches that two optimizations of PCRE2 10.42 miss are found", "[model][tokenizer]") {
  CHECK(matches("(?>[^x]+?)s", "aas") == Texts{"as"});
  CHECK(matches("_*(?:1a|b)?+_", "_") == Texts{"_"});
}

TEST_CASE("white space is Unicode's, without the vowel separator that PCRE2 counts",
          "[model][tokenizer]") {
  CHECK(matches("\\s", "a\xE1\xA0\x8E\xC2\xA0\xC2\x85\xE3\x80\x80\x0B") ==
        Texts{"\xC2\xA0", "\xC2\x85", "\xE3\x80\x80", "\x0B"});
  CHECK(matches("[^\\S\\n]", " \n\xC2\xA0") == Texts{" ", "\xC2\xA0"});
}

TEST_CASE("categories are those of Unicode 16 on every machine", "[model][tokenizer]") {
  CHECK(category_of('A') == "Lu");
  CHECK(category_of(' ') == "Zs");
  CHECK(category_of(0x31350) == "Lo");  // Unicode 15
  CHECK(category_of(0x1C89) == "Lu");   // Unicode 16
  CHECK(category_of(0xD800) == "Cs");
  CHECK(category_of(0x10FFFF) == "Cn");
  CHECK(matches("\\p{L}+", "\xF0\xB1\x8D\x90\xE1\xB2\x89!") ==
        Texts{"\xF0\xB1\x8D\x90\xE1\xB2\x89"});
  std::size_t letters = 0;
  for (const CodeRange& range : category_ranges("L")) letters += range.last - range.first + 1;
  CHECK(letters == 141'028);  // those of \p{L} in the reference library
  CHECK(category_ranges("Xx").empty());
  CHECK(category_ranges("").empty());
}

TEST_CASE("an expression that backtracks without end is given up", "[model][tokenizer]") {
  const std::string text(60, 'a');
  const auto regex = make_regex("(?:a|a)*b", "test");
  CHECK(seconds_of([&] {
          expect_error([&] { regex->find(text); }, {"test", "steps of backtracking", "60 bytes"});
        }) < 20);  // about a second
  CHECK(matches("(?:a|a)*b", std::string(10, 'a') + "b") == Texts{std::string(10, 'a') + "b"});
}

TEST_CASE("long runs neither overflow a stack nor take quadratic time", "[model][tokenizer]") {
  const std::string run(200'000, 'a');
  CHECK(matches("(?:ab?)+", run) == Texts{run});  // a frame of backtracking for each character
  const std::string spaces(200'000, ' ');
  CHECK(seconds_of([&] {
          CHECK(matches("\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", spaces + "x").size() == 2);
        }) < 5);
}

TEST_CASE("form C leaves what Unicode 9 does not know, and orders long runs of marks in time",
          "[model][tokenizer]") {
  const auto nfc = make_nfc();
  const auto form_c = [&](std::string text) {
    nfc->apply(text);
    return text;
  };
  CHECK(form_c("e\xCC\x81") == "\xC3\xA9");
  CHECK(form_c("plain") == "plain");
  CHECK(form_c("q\xCC\x87\xCC\xA3") == "q\xCC\xA3\xCC\x87");                // marks by class
  CHECK(form_c("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8") == "\xEA\xB0\x81");  // Hangul
  CHECK(form_c("\xE2\x84\xAB") == "\xC3\x85");                              // the Angstrom sign
  CHECK(form_c("a\xDF\xBD\xCC\x81") == "a\xDF\xBD\xCC\x81");  // U+07FD, a mark since Unicode 11
  CHECK(form_c(std::string("a\0e\xCC\x81", 5)) == std::string("a\0\xC3\xA9", 4));
  std::string marks = "a", below, above;
  for (int i = 0; i < 50'000; ++i) {
    marks += "\xCC\x81\xCC\x96";  // above, below
    above += "\xCC\x81";
    below += "\xCC\x96";
  }
  std::string ordered;
  CHECK(seconds_of([&] { ordered = form_c(marks); }) < 5);  // some 0.05 s; 10^9 swaps otherwise
  CHECK(ordered == "\xC3\xA1" + below + above.substr(2));
}
