// Long JSON documents read element by element.
#include "pipeline/items/json_stream.hpp"

#include "import_folder.hpp"

using namespace vrp;

namespace {

struct Read {
  std::vector<std::string> values, places, names;
  Json fields;
};

Read elements(const Scratch& scratch, const std::string& text, const std::string& key = "data") {
  Read out;
  out.fields = for_each_element(scratch.file("d.json", text), key, [&](JsonElement& element) {
    out.values.push_back(element.value.dump());
    out.places.push_back(element.where.substr(scratch.root.string().size() + 1));
  });
  return out;
}

std::string refused(const std::string& text, const std::string& key = "data") {
  const Scratch scratch;
  return refusal_of([&] { elements(scratch, text, key); });
}

}  // namespace

TEST_CASE("elements of a document's list come one by one with their places", "[items][json]") {
  const Scratch scratch;
  const std::string body =
      R"({"info": {"data": [1]}, "n": 3, "data": [{"b": [1, {"c": null}], "a": "x"}, [], 7.5],)"
      R"( "more": [[{"data": 1}]], "data_subtype": "val2014", "ok": true})";
  for (const std::string& text : {body, "\xEF\xBB\xBF" + body + "\r\n\r\n", "\n \t" + body}) {
    const Read read = elements(scratch, text);
    CHECK(read.values == std::vector<std::string>{R"({"a":"x","b":[1,{"c":null}]})", "[]", "7.5"});
    CHECK(read.places ==
          std::vector<std::string>{"d.json: data[0]", "d.json: data[1]", "d.json: data[2]"});
    CHECK(read.fields.dump() == R"({"data_subtype":"val2014","n":3,"ok":true})");
    CHECK(read_scalar_members(scratch.root / "d.json") == read.fields);
  }
  const Read list = elements(scratch, "[{\"a\": [{}, [2]]},\n -1]", "");
  CHECK(list.values == std::vector<std::string>{R"({"a":[{},[2]]})", "-1"});
  CHECK(list.places[1] == "d.json: [1]");
}

TEST_CASE("members of a document come one by one with their names", "[items][json]") {
  const Scratch scratch;
  std::vector<std::string> seen;
  for_each_member(scratch.file("d.json", R"({"v1_0": {"a": {"b": 1}}, "v1_1": [1, 2], "z": "t"})"),
                  [&](JsonElement& element) {
                    seen.push_back(element.name + element.value.dump());
                    if (element.index == 1) {
                      CHECK_THAT(element.where, Catch::EndsWith("d.json: 'v1_1'"));
                    }
                  });
  CHECK(seen == std::vector<std::string>{R"(v1_0{"a":{"b":1}})", "v1_1[1,2]", "z\"t\""});
  const auto members = [&](const std::string& text) {
    return refusal_of([&] { for_each_member(scratch.file("d.json", text), [](JsonElement&) {}); });
  };
  CHECK_THAT(members(R"({"v1_0": {}, "v1_0": {}})"), Catch::Contains("'v1_0' was there before"));
  CHECK_THAT(members("[]"), Catch::Contains("the document is a list, expected an object"));
  CHECK_THAT(members("{}"), Catch::Contains("nothing is in it"));
}

TEST_CASE("a malformed document is refused with its position", "[items][json]") {
  CHECK_THAT(refused(""), Catch::Contains("d.json: the file is empty"));
  CHECK_THAT(refused("\xEF\xBB\xBF \n"), Catch::Contains("the file is empty"));
  CHECK_THAT(refused("{\"data\": [{\"a\": 1},\n  {\"a\": oops}]}"),
             Catch::Contains("malformed JSON at line 2, column 9") && Catch::Contains("data[1]"));
  CHECK_THAT(refused("{\"data\": [{\"a\": 1}"), Catch::Contains("malformed JSON at line 1"));
  CHECK_THAT(refused("{\"data\": [1]} {}"), Catch::Contains("malformed JSON at line 1, column 15"));
  CHECK_THAT(refused("{\"data\": [\"\xC3\x28\"]}"), Catch::Contains("invalid UTF-8 at line 1"));
  CHECK_THAT(refused("{\"other\": [1], \"x\": 2}"),
             Catch::Contains("'data' is missing; found other, x"));
  CHECK_THAT(refused("{\"data\": {\"a\": 1}}"), Catch::Contains("'data' is an object"));
  CHECK_THAT(refused("{\"data\": 5}"), Catch::Contains("'data' is 5, expected a list"));
  CHECK_THAT(refused("{\"data\": []}"), Catch::Contains("'data' is empty"));
  CHECK_THAT(refused("{\"data\": [1], \"data\": [2]}"), Catch::Contains("'data' was there before"));
  CHECK_THAT(refused("[1]"), Catch::Contains("the document is a list, expected an object"));
  CHECK_THAT(refused("7"), Catch::Contains("expected an object"));
  CHECK_THAT(refused("{\"data\": [1]}", ""), Catch::Contains("is an object, expected a list"));
  CHECK_THAT(refused("[]", ""), Catch::Contains("nothing is in it"));
  CHECK_THAT(refused("{\"data\": [" + std::string(300, '[') + "]}"),
             Catch::Contains("data[0]: JSON nested deeper than 200"));
  const Scratch scratch;
  CHECK_THAT(refusal_of([&] { read_scalar_members(scratch.root / "none.json"); }),
             Catch::Contains("none.json: cannot be opened"));
}
