#include "pipeline/items/json_rows.hpp"

#include <catch2/catch.hpp>

#include "scratch.hpp"

using namespace vrp;

namespace {
std::vector<JsonRow> rows_of(const std::string& text) { return parse_json_rows(text, "f.json"); }
}  // namespace

TEST_CASE("arrays and JSON Lines are told apart by content", "[items][json]") {
  CHECK(rows_of(R"([{"a":1},{"a":2}])").size() == 2);
  CHECK(rows_of("{\"a\":1}\n{\"a\":2}\n").size() == 2);
  CHECK(rows_of("{\"a\":1}\r\n{\"a\":2}").size() == 2);  // CRLF, no final newline
  CHECK(rows_of("\xEF\xBB\xBF{\"a\":1}\r\n{\"a\":2}\r\n\r\n\n").size() == 2);  // BOM, blank end
  CHECK(rows_of("\xEF\xBB\xBF [ {\"a\":1} ]").size() == 1);
  CHECK(rows_of("{\n \"a\": 1\n}\n").size() == 1);  // one document over several lines
  CHECK(rows_of("{\"a\":1}").size() == 1);
  CHECK(rows_of("{\"a\":1}\n{\"a\":2}")[1].where == "f.json:2");
  CHECK(rows_of(R"([{"a":1},{"a":2}])")[1].where == "f.json: [1]");
}

TEST_CASE("malformed rows are named by line or index", "[items][json]") {
  CHECK_THROWS_WITH(rows_of(""), Catch::Contains("f.json: the file is empty"));
  CHECK_THROWS_WITH(rows_of("\n \r\n"), Catch::Contains("empty"));
  CHECK_THROWS_WITH(rows_of("[]"), Catch::Contains("array is empty"));
  CHECK_THROWS_WITH(rows_of("{\"a\":1}\n{\"a\":\n"), Catch::Contains("f.json:2"));
  CHECK_THROWS_WITH(rows_of("{\"a\":1}\n\n{\"a\":2}\n"), Catch::Contains("f.json:2: blank line"));
  CHECK_THROWS_WITH(rows_of("{\"a\":1} {\"a\":2}\n"), Catch::Contains("f.json:1"));
  CHECK_THROWS_WITH(rows_of("{\"a\":1}\n7\n"), Catch::Contains("f.json:2: found 7"));
  CHECK_THROWS_WITH(rows_of("[{\"a\":1},\"x\"]"), Catch::Contains("f.json: [1]: found \"x\""));
  CHECK_THROWS_WITH(rows_of("[{\"a\":1},"), Catch::Contains("f.json: malformed JSON"));
  CHECK_THROWS_WITH(rows_of("{\"a\":\"\xFF\"}\n{\"a\":1}"),
                    Catch::Contains("f.json:1: invalid UTF-8"));
  CHECK_THROWS_WITH(rows_of("plain text"), Catch::Contains("f.json:1"));
}

TEST_CASE("errors of single rows go to the handler", "[items][json]") {
  std::vector<std::string> errors;
  const auto rows = parse_json_rows("{\"a\":1}\n{bad\n{\"a\":3}\n", "f.json",
                                    [&](const Error& error) { errors.emplace_back(error.what()); });
  CHECK(rows.size() == 2);
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], Catch::StartsWith("f.json:2"));
}

TEST_CASE("ids are kept as text", "[items][json]") {
  const Json object = Json::parse(R"({"i": 42, "s": "v1_17", "f": 1.5, "e": " ", "n": null})");
  CHECK(json_id(object, "i", "w") == "42");
  CHECK(json_id(object, "s", "w") == "v1_17");
  CHECK_THROWS_WITH(json_id(object, "f", "w"), Catch::Contains("field 'f' is 1.5"));
  CHECK_THROWS_WITH(json_id(object, "e", "w"), Catch::Contains("expected text or an integer"));
  CHECK_THROWS_WITH(json_id(object, "n", "w"), Catch::Contains("null"));
  CHECK_THROWS_WITH(json_id(object, "x", "w"), Catch::Contains("'x' is missing"));
  CHECK(other_fields(object, {"i", "s", "f", "e"}) == R"({"n":null})");
}
