#include "pipeline/control/export_write.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/control/csv.hpp"
#include "pipeline/control/csv_write.hpp"

using namespace vrp;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ExportItem made_up_item() {
  ExportItem item;
  item.model = "m";
  item.benchmark = "b";
  item.key = "b/test/1";
  item.group = "image, \"one\"";
  item.status = "ok";
  item.answer = "two\nlines";
  item.label = 1;
  item.labels = {{"exact@1", 0}};
  item.values.resize(2);
  item.values[0] = {true, {}, {0.1F}, {}};
  item.values[1] = {true, {2}, {1.5, kNaN}, {}};
  return item;
}

ExportTable made_up_table() {
  ExportTable table;
  table.columns = {{"h_s", {}, {}}, {"h_s_layer", {"layer"}, {3}}};
  table.scorers = {"exact@1", "judge@1"};
  table.answers = true;
  return table;
}

}  // namespace

TEST_CASE("numbers are written so that they read back as the same double", "[export]") {
  const Rng rng(3, "export");
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const double value =
        std::ldexp(rng.uniform(i, 0) - 0.5, static_cast<int>(rng.below(200, i, 1)) - 100);
    CHECK(std::strtod(exact_number(value).c_str(), nullptr) == value);
  }
  CHECK(exact_number(0.1) == "0.1");
  CHECK(exact_number(static_cast<double>(0.1F)) == "0.10000000149011612");
  CHECK(exact_number(kNaN).empty());
  CHECK(exact_number(std::numeric_limits<double>::infinity()).empty());
}

TEST_CASE("wide lines read back cell by cell; layers that a model lacks are empty", "[export]") {
  const ExportTable table = made_up_table();
  const CsvTable csv =
      parse_csv(export_header(table) + export_lines(table, made_up_item()), "test");
  REQUIRE(csv.rows.size() == 1);
  const auto cell = [&](const char* name) { return csv.rows[0][csv.column(name)]; };
  CHECK(cell("group") == "image, \"one\"");
  CHECK(cell("answer") == "two\nlines");
  CHECK(cell("label") == "1");
  CHECK(cell("label_exact@1") == "0");
  CHECK(cell("label_judge@1").empty());
  CHECK(cell("h_s") == "0.10000000149011612");
  CHECK(cell("h_s_layer[0]") == "1.5");
  CHECK(cell("h_s_layer[1]").empty());
  CHECK(cell("h_s_layer[2]").empty());
}

TEST_CASE("an item without values is a row with empty cells, in every form", "[export]") {
  ExportTable table = made_up_table();
  ExportItem item = made_up_item();
  item.status = "failed";
  item.reason = "image is truncated";
  item.label.reset();
  item.labels.clear();
  item.values.assign(2, {});
  const CsvTable wide = parse_csv(export_header(table) + export_lines(table, item), "test");
  CHECK(wide.rows[0][wide.column("reason")] == "image is truncated");
  CHECK(wide.rows[0].back().empty());
  table.long_form = true;
  const CsvTable tall = parse_csv(export_header(table) + export_lines(table, item), "test");
  REQUIRE(tall.rows.size() == 2);
  CHECK(tall.rows[1][tall.column("signal")] == "h_s_layer");
  CHECK(tall.rows[1][tall.column("layer")].empty());
  CHECK(tall.rows[1][tall.column("value")].empty());
  table.json_lines = true;
  table.long_form = false;
  const Json json = Json::parse(export_lines(table, item));
  CHECK(json["label"].is_null());
  CHECK(json["answer"].is_null());
  CHECK(json["signals"]["h_s_layer"].is_null());
}

TEST_CASE("long lines name signal and index", "[export]") {
  ExportTable table = made_up_table();
  table.long_form = true;
  const CsvTable csv =
      parse_csv(export_header(table) + export_lines(table, made_up_item()), "test");
  REQUIRE(csv.rows.size() == 3);
  CHECK(csv.rows[0][csv.column("layer")].empty());
  CHECK(csv.rows[1][csv.column("layer")] == "0");
  CHECK(csv.rows[1][csv.column("value")] == "1.5");
  CHECK(csv.rows[2][csv.column("value")].empty());
}

TEST_CASE("JSON Lines hold nested arrays and null, never NaN", "[export]") {
  ExportTable table = made_up_table();
  table.json_lines = true;
  ExportItem item = made_up_item();
  item.answer = "bytes \xff that are no UTF-8";
  const std::string line = export_lines(table, item);
  CHECK(line.back() == '\n');
  const Json json = Json::parse(line);
  CHECK(json["signals"]["h_s_layer"] == Json::parse("[1.5, null]"));
  CHECK(json["labels"]["exact@1"] == 0);
  CHECK(json["labels"]["judge@1"].is_null());
  CHECK(json["answer"] == "bytes \xef\xbf\xbd that are no UTF-8");
}

TEST_CASE("columns refuse what has another length for each item", "[export]") {
  ExportTable table;
  table.columns = {{"map", {"layer", "image_token"}, {4, -1}}};
  CHECK_THROWS_WITH(check(table), Catch::Contains("another length for each item") &&
                                      Catch::Contains("--long or --format jsonl"));
  table.long_form = true;
  CHECK_NOTHROW(check(table));
  table.long_form = false;
  table.columns = {{"states", {"state", "hidden"}, {33, 4096}}};
  CHECK_THROWS_WITH(check(table), Catch::Contains("135168 columns"));
}
