#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/frame.hpp"
#include "pipeline/store/h5.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/results.hpp"

using namespace vrp;
using namespace vrp::testing;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path;
  explicit Folder(const std::string& name) : path(fs::temp_directory_path() / ("vrp-" + name)) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
};

RunFacts facts(const std::string& partial = "") {
  RunFacts out;
  out.partial = partial;
  out.seed = 1;
  out.families = declare_families({"demo"}, {"demo_pope", "demo_counting"}, quick());
  return out;
}

std::vector<Record> records(const Rows& pope_rows, const Rows& counting_rows) {
  TestCell pope, counting;
  make_whole_cell(pope, "demo_pope", pope_rows);
  make_whole_cell(counting, "demo_counting", counting_rows);
  for (std::string& question : counting.items.question) question.insert(0, "How many? ");
  const ReduceParams params = quick();
  return {reduce_cell(pope.data, params, 1), reduce_cell(counting.data, params, 1),
          reduce_pooled({pope.data, counting.data}, params, 1)};
}

/// Fields of a CSV line without quoted line breaks (our own text has none).
std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += '"';
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += line[i];
    }
  }
  return out;
}

using CsvRow = std::map<std::string, std::string>;
std::vector<CsvRow> read_csv(const fs::path& path) {
  const std::vector<std::string> lines = split(read_text(path), '\n');
  const std::vector<std::string> header = csv_fields(lines.at(0));
  std::vector<CsvRow> rows;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::vector<std::string> fields = csv_fields(lines[i]);
    REQUIRE(fields.size() == header.size());
    CsvRow row;
    for (std::size_t k = 0; k < header.size(); ++k) row[header[k]] = fields[k];
    rows.push_back(std::move(row));
  }
  return rows;
}

std::map<std::string, std::string> all_files(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      out[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
  return out;
}

/// True when `text` holds "nan" or "inf" as a word of its own, whatever the case.
bool holds_nan(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto letter = [&](std::size_t at) {
    return at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]));
  };
  for (const std::string word : {"nan", "inf", "infinity"})
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      if ((at == 0 || !letter(at - 1)) && !letter(at + word.size())) return true;
  return false;
}

/// True when every "n/a" of a cell carries the letter of a note of its table and "-" has a note.
bool is_explained(const std::string& cell, const Json& notes) {
  const auto has = [&](const std::string& start, bool anywhere) {
    return std::any_of(notes.begin(), notes.end(), [&](const Json& note) {
      const std::string text = note.get<std::string>();
      return anywhere ? text.find(start) != std::string::npos : text.starts_with(start);
    });
  };
  if (cell.empty()) return false;
  if (cell == "-") return has("'-'", true);
  for (std::size_t at = cell.find("n/a"); at != std::string::npos; at = cell.find("n/a", at + 1)) {
    const std::size_t close = cell.find(')', at);
    if (close == std::string::npos || cell.substr(at, 5) != "n/a (") return false;
    if (!has(cell.substr(at + 4, close - at - 3) + " ", false)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("T4.csv has the promised columns, one row for each statistic, none without n",
          "[reduce][results]") {
  const Folder folder("t4");
  write_results(folder.path, records(informative(40), informative(24)), facts());
  const std::string header = split(read_text(folder.path / "reduce/tables/T4.csv"), '\n').front();
  CHECK(header.starts_with(
      "table,model,benchmark,signal,statistic,n,invalid,estimate,low,high,p,p_adjusted,paper,"
      "method,"));
  const auto rows = read_csv(folder.path / "reduce/tables/T4.csv");
  const auto found = std::find_if(rows.begin(), rows.end(), [](const CsvRow& row) {
    return row.at("benchmark") == "pooled" && row.at("signal") == "h_s" &&
           row.at("statistic") == "r";
  });
  REQUIRE(found != rows.end());
  CHECK(found->at("n") == "64");
  CHECK(found->at("paper") == "-0.012");
  CHECK(found->at("paper_printed") == "-0.012 [-0.047, 0.024]");
  CHECK(found->at("family").starts_with("primary/demo (Holm, m = "));
  CHECK(std::stod(found->at("p_adjusted")) >= std::stod(found->at("p")));
  for (const CsvRow& row : rows) {
    CHECK_FALSE(row.at("n").empty());
    CHECK_FALSE(row.at("invalid").empty());
    CHECK(row.at("estimate").empty() == !row.at("note").empty());
  }
}

TEST_CASE("no table holds NaN, whatever went wrong in a cell", "[reduce][results]") {
  Rows one_class = informative(24), failed = informative(24), constant = informative(24),
       nothing = informative(24), tiny = informative(2);
  std::fill(one_class.y.begin(), one_class.y.end(), 0);
  std::fill(failed.status.begin(), failed.status.end(), 1);
  std::fill(constant.h_s.begin(), constant.h_s.end(), 1.0);
  std::fill(constant.s_sc.begin(), constant.s_sc.end(), 1.0);
  std::fill(nothing.h_s.begin(), nothing.h_s.end(), kNan);
  for (const Rows& rows : {one_class, failed, constant, nothing, tiny, Rows{}}) {
    const Folder folder("nan");
    write_results(folder.path, records(rows, rows), facts("made with --limit 24"));
    const auto files = all_files(folder.path / "reduce");
    CHECK(files.size() >= 4 * 23 + 7 + 3);
    for (const auto& [name, text] : files) {
      if (name.ends_with(".h5")) continue;
      INFO(name);
      CHECK_FALSE(holds_nan(text));
      if (name.ends_with(".md") || name.ends_with(".tex"))
        CHECK(text.find("PARTIAL") != std::string::npos);
    }
    for (const auto& [name, text] : files) {
      INFO(name);
      if (!name.ends_with(".h5")) CHECK(text.find("no reason was recorded") == std::string::npos);
      if (!name.starts_with("tables/") || !name.ends_with(".json") || name == "tables/index.json")
        continue;
      const Json table = Json::parse(text);
      for (const Json& line : table["display"])
        for (const Json& cell : line) {
          INFO(cell);
          CHECK(is_explained(cell.get<std::string>(), table["notes"]));
        }
      CHECK((!table["display"].empty() || !table["notes"].empty()));
    }
    for (const auto& [name, text] : files)
      if (name.ends_with(".csv"))
        for (const CsvRow& row : read_csv(folder.path / "reduce" / name)) {
          INFO(name);
          CHECK(row.at("partial") == "1");
          if (row.contains("estimate") && row.at("estimate").empty())
            CHECK_FALSE(row.at("note").empty());
        }
  }
}

TEST_CASE("equal results give equal bytes, in any order of records and over old files",
          "[reduce][results]") {
  const Folder one("bytes-one"), two("bytes-two");
  std::vector<Record> all = records(informative(40), informative(24));
  write_results(one.path, all, facts());
  write_results(one.path, all, facts());
  std::reverse(all.begin(), all.end());
  write_results(two.path, all, facts());
  const auto a = all_files(one.path), b = all_files(two.path);
  REQUIRE(a.size() == b.size());
  for (const auto& [name, text] : a) {
    INFO(name);
    if (name.ends_with(".h5"))  // HDF5 notes times in object headers; its content is compared
      CHECK(read_record(one.path / name).record.digest() ==
            read_record(two.path / name).record.digest());
    else
      CHECK(b.at(name) == text);
  }
}

TEST_CASE("stats.h5 holds every statistic with its adjusted p", "[reduce][results]") {
  const Folder folder("h5");
  write_results(folder.path, records(informative(40), informative(24)), facts());
  const StoredRecord stored = read_record(folder.path / "reduce/stats.h5");
  const auto rows = read_frame<StatRow>(stored.record, "statistic");
  const auto& adjusted = stored.record.values<double>("statistic/p_adjusted");
  REQUIRE(rows.size() == adjusted.size());
  CHECK(rows.size() > 50);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (std::isfinite(rows[i].p) && rows[i].flags.find("needs_reference") == std::string::npos)
      CHECK(adjusted[i] >= rows[i].p);
    else
      CHECK(std::isnan(adjusted[i]));
  CHECK_FALSE(read_frame<CurveRow>(stored.record, "risk_coverage").empty());
  CHECK(stored.attributes.at("families").find("digest") != std::string::npos);
}

TEST_CASE("a run without any cell still writes its empty tables", "[reduce][results]") {
  const Folder folder("empty");
  RunFacts none;
  none.families = declare_families({}, {}, quick());
  write_results(folder.path, {}, none);
  CHECK(read_csv(folder.path / "reduce/tables/T4.csv").empty());
  CHECK(read_text(folder.path / "reduce/tables/T4.md").find("No rows.") != std::string::npos);
}

TEST_CASE("families are fixed by the configuration alone", "[reduce][families]") {
  const Json a = declare_families({"b", "a"}, {"demo_pope", "vqav2"}, quick());
  CHECK(a == declare_families({"a", "b"}, {"vqav2", "demo_pope"}, quick()));
  CHECK(a["digest"] != declare_families({"a"}, {"demo_pope"}, quick())["digest"]);
  CHECK(a["primary"].size() == 2);
  CHECK(a["primary"][0]["members"].size() == 16);  // 8 signals: R pooled, AUROC on POPE
}

TEST_CASE("Holm inside the primary family, Benjamini-Hochberg for the rest", "[reduce][families]") {
  const auto row = [](const char* benchmark, const char* signal, const char* statistic, double p) {
    StatRow out;
    out.model = "demo";
    out.benchmark = benchmark;
    out.signal = signal;
    out.statistic = statistic;
    out.p = p;
    return out;
  };
  const Json families = declare_families({"demo"}, {"demo_pope"}, quick());
  const auto adjusted =
      adjust({row("demo_pope", "h_s", "auroc", 0.01), row("demo_pope", "s_sc", "auroc", 0.04),
              row("demo_pope", "h_n", "auroc", 0.01), row("demo_pope", "h_s", "r", 0.04),
              row("demo_pope", "c_k", "auroc", kNan)},
             families);
  CHECK(adjusted[0].value == Approx(0.02));
  CHECK(adjusted[1].value == Approx(0.04));
  CHECK(adjusted[2].value == Approx(0.02));
  CHECK(adjusted[3].value == Approx(0.04));
  CHECK(std::isnan(adjusted[4].value));
  CHECK(adjusted[0].family == "primary/demo (Holm, m = 2)");
  CHECK(adjusted[3].family == "exploratory/demo (Benjamini-Hochberg, m = 2)");
  CHECK(adjusted[4].family.empty());
  StatRow stranger = row("demo_pope", "h_s", "auroc", 0.01);
  stranger.model = "other";
  CHECK_THROWS_AS(adjust({stranger}, families), Error);
}

TEST_CASE("a frame with a missing column is refused", "[reduce][frame]") {
  Record record;
  record.add<std::string>("set/model", {"set_row"}, {1}, {"demo"}, "", "");
  CHECK_THROWS_AS(read_frame<SetRow>(record, "set"), Error);
}

TEST_CASE("T12 shows controls alone and T2 says where a digit is not due yet",
          "[reduce][results]") {
  const Folder folder("inside");
  write_results(folder.path, records(informative(40), informative(24)), facts());
  const auto table = [&](const std::string& name) {
    return Json::parse(read_text(folder.path / "reduce/tables" / (name + ".json")));
  };
  const Json t12 = table("T12");
  REQUIRE(t12["display"].size() == 2);  // the hidden-state probe on both sets
  const auto t12_rows = read_csv(folder.path / "reduce/tables/T12.csv");
  CHECK(std::count_if(t12_rows.begin(), t12_rows.end(), [](const CsvRow& row) {
          return row.at("statistic") == "duplicates" && row.at("estimate") == "0";
        }) > 0);
  CHECK(table("T12_transfer")["display"].size() == 2);
  const std::string t2 = table("T2")["notes"].dump();
  CHECK(t2.find("the digit is not due yet") != std::string::npos);
  CHECK(t2.find("demo/demo_counting") != std::string::npos);
  CHECK(table("T1")["display"][0][7] == "k=1: 0.010, k=5: 0.030");
  CHECK(table("T9")["display"].size() == 16);  // 4 of each kind and set, last block only
  const Json t5 = table("T5");
  for (const Json& row : t5["display"]) CHECK_FALSE(row[2].get<std::string>().starts_with("mask"));
  const Json t6 = table("T6");
  CHECK(t6["display"].size() == 3 * 5);  // baseline, top 10, two random counts, bypass
  const auto delta = read_csv(folder.path / "reduce/tables/paper_delta.csv");
  const auto peak = std::find_if(delta.begin(), delta.end(), [](const CsvRow& row) {
    return row.at("statistic") == "peak_value" && row.at("benchmark") == "demo_pope";
  });
  REQUIRE(peak != delta.end());
  CHECK(peak->at("paper_printed") == "+9.20 (L31)");
  CHECK(std::stod(peak->at("difference")) ==
        Approx(std::stod(peak->at("estimate")) - 9.2).margin(1e-12));
}
