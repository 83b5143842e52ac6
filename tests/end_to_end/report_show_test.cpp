#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/show_chart.hpp"
#include "pipeline/control/show_find.hpp"
#include "pipeline/control/show_options.hpp"
#include "pipeline/control/show_row.hpp"
#include "pipeline/control/show_text.hpp"
#include "pipeline/items/item_table.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

template <class Work>
Error refusal(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return Error(ExitCode::complete, "");
}

ItemTable small_table(const std::string& benchmark, std::size_t n) {
  ItemTable items;
  items.benchmark = benchmark;
  items.kind = "yes_no";
  items.scorers = {"yes_no@1", "exact@1"};
  for (std::size_t i = 0; i < n; ++i) {
    const std::string number = std::to_string(100 + i);
    items.key.push_back(benchmark + "/test/" + number);
    items.id.push_back(number);
    items.group.push_back("image-" + number);
    items.image.push_back(number + ".png");
    items.image_hash.push_back("hash");
    items.question.push_back("Is there a kettle?");
    items.answer.push_back("yes");
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back("kettle");
    items.regions.emplace_back();
    items.metadata.push_back("{}");
  }
  return items;
}

/// A run with two sets whose ids are the same, and nothing computed yet.
struct Folder {
  fs::path path = fs::temp_directory_path() / "vrp-report-show";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path / "items");
    Json manifest = {{"sweep", "small"}, {"partial", false}, {"settings", Json::object()}};
    for (const std::string set : {"first", "second"}) {
      const std::string file = "items/" + set + ".h5";
      write_item_table(path / file, small_table(set, set == "first" ? 3 : 2));
      manifest["benchmarks"][set] = {{"table", file}, {"images", "/nowhere"}};
      manifest["cells"].push_back({{"model", "m"}, {"benchmark", set}, {"pooled", false}});
      manifest["work"].push_back({{"model", "m"},
                                  {"benchmark", set},
                                  {"stage", "capture"},
                                  {"folder", "m/" + set + "/capture@1"},
                                  {"pooled", false},
                                  {"fingerprint", Json::object()},
                                  {"files", {{"unit-000000.h5", 0, 2}}}});
    }
    write_atomically(path / "manifest.json", manifest.dump());
  }
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("a curve is one character for each value on a common scale", "[show]") {
  const Curve curve = {-1.0, 0.0, std::nullopt, 3.0};
  const Scale scale = scale_of({curve, {5.0}});
  CHECK(scale.low == -1);
  CHECK(scale.high == 5);
  CHECK(spark(curve, {-1, 3}, false) == "13?8");
  CHECK(spark(curve, {-1, 3}, true) == "▁▃?█");
  CHECK(spark({2.0, 2.0}, {2, 2}, false) == "55");  // a flat curve lies in the middle
  CHECK(spark({}, scale_of({}), true).empty());
  CHECK(spark({std::nan("")}, {0, 1}, false) == "?");
}

TEST_CASE("a percentile counts equal values by half and leaves out undefined ones", "[show]") {
  const std::vector<double> values = {1, 2, 2, 4, std::nan("")};
  CHECK(percentile(values, 2)->value == 50);
  CHECK(percentile(values, 2)->n == 4);
  CHECK(percentile(values, 4)->value == 87.5);
  CHECK_FALSE(percentile(values, std::nan("")));
  CHECK_FALSE(percentile({std::nan("")}, 1));
}

TEST_CASE("values of an item are JSON, undefined ones null", "[show]") {
  Record record;
  record.add("item/key", {"item"}, {2}, std::vector<std::string>{"a", "b"}, "1", "");
  record.add("x", {"item"}, {2}, std::vector<double>{1.5, std::nan("")}, "1", "");
  record.add("y", {"item", "layer"}, {2, 2}, std::vector<float>{1, 2, INFINITY, 4}, "1", "");
  record.add("z", {"item", "layer", "head"}, {2, 1, 1}, std::vector<float>{1, 2}, "1", "");
  const ItemRow row(record, *row_of(record, "b"));
  CHECK(row.value("x") == nullptr);
  CHECK(row.value("y") == Json::parse("[null, 4.0]"));
  CHECK(row.value("z") == nullptr);
  CHECK(row.value("absent") == nullptr);
  CHECK(ItemRow(record, 0).number("x") == 1.5);
  CHECK_FALSE(row.number("x"));
  CHECK_FALSE(row_of(record, "c"));
  CHECK_FALSE(row_of(Record(), "a"));
}

TEST_CASE("vrp show refuses arguments it does not know", "[show]") {
  for (const Arguments& arguments :
       {Arguments{}, Arguments{"run"}, Arguments{"--item", "a"},
        Arguments{"run", "other", "--item", "a"}, Arguments{"run", "--item", "a", "--pag", "x"},
        Arguments{"run", "--item"}, Arguments{"run", "--item", "a", "--json", "--all"},
        Arguments{"run", "--item", "a", "--json", "--page", "x"}})
    CHECK(refusal([&] { parse_show_options(arguments); }).code() == ExitCode::usage);
  CHECK(parse_show_options({"--help"}).help);
  const ShowOptions options = parse_show_options({"run", "--item=a", "--model", "m", "n"});
  CHECK(options.item == "a");
  CHECK(options.models == std::vector<std::string>{"m", "n"});
}

TEST_CASE("an item is found by key or by an id that one set has", "[show]") {
  const Folder folder;
  StoredRun run(folder.path);
  CHECK(find_item(run, "second/test/101", "").benchmark == "second");
  CHECK(find_item(run, "second/test/101", "").row == 1);
  CHECK(find_item(run, "102", "").benchmark == "first");
  CHECK(find_item(run, "101", "second").benchmark == "second");
  const Error two = refusal([&] { find_item(run, "101", ""); });
  CHECK(two.code() == ExitCode::usage);
  CHECK(holds(two.what(), "'first/test/101', 'second/test/101'"));
  const Error near = refusal([&] { find_item(run, "first/test/10", ""); });
  CHECK(near.code() == ExitCode::bad_input);
  CHECK(holds(near.what(), "did you mean 'first/test/10"));
  CHECK(holds(refusal([&] { find_item(run, "kettle and more", ""); }).what(), "the first key is"));
  CHECK(holds(refusal([&] { find_item(run, "101", "frist"); }).what(), "did you mean 'first'"));
}

TEST_CASE("an item that is not computed yet is shown with what was asked", "[show]") {
  const Folder folder;
  std::ostringstream out;
  std::streambuf* before = std::cout.rdbuf(out.rdbuf());
  const int code = show_command({folder.path.string(), "--item", "first/test/102"});
  const int all = show_command({folder.path.string(), "--item", "first/test/100", "--all"});
  std::cout.rdbuf(before);
  CHECK(code == 0);
  CHECK(all == 0);
  CHECK(holds(out.str(), "question   Is there a kettle?"));
  CHECK(holds(out.str(), "status     not computed yet"));
  CHECK(holds(out.str(), "m capture (m/first/capture@1/unit-000000.h5): not computed yet"));
  const Error error = refusal([&] {
    show_command({folder.path.string(), "--item", "102", "--model", "n"});
  });
  CHECK(error.code() == ExitCode::usage);
}

TEST_CASE("text from data cannot steer the terminal", "[show]") {
  const Json account = {{"key", "a\x1b[31m"},
                        {"question", "line\none \x1b]0;title\x07"},
                        {"hint", ""},
                        {"choices", Json::array()},
                        {"references", Json::array()},
                        {"reference", ""},
                        {"type", ""},
                        {"group", "g"},
                        {"image_file", "x"},
                        {"regions", Json::array()},
                        {"partial", true},
                        {"models", Json::array()}};
  std::ostringstream out;
  print_account(out, account, true);
  CHECK_FALSE(holds(out.str(), "\x1b"));
  CHECK_FALSE(holds(out.str(), "\x07"));
  CHECK(holds(out.str(), "line\\none \\x1b]0;title\\x07"));
  CHECK(holds(out.str(), "No model of the run answers this set."));
  CHECK(holds(out.str(), "PARTIAL"));
}
