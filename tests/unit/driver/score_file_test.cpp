#include "pipeline/driver/score_file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("vrp-score-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

void check_refused(const std::string& text, const std::string& part) {
  const Folder run;
  write_atomically(score_file_path(run.path), text);
  try {
    read_score_file(run.path);
    FAIL("read without an error: " << text);
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains(part) && Catch::Contains("score.json"));
  }
}

}  // namespace

TEST_CASE("what vrp score keeps is read as it was written, and nothing is no file", "[score]") {
  const Folder run;
  CHECK(read_score_file(run.path).empty());
  ScoreFile file;
  file.benchmarks["pope"] = {{"exact@1"}, "vlmevalkit@1"};
  file.reviews["m/bench"] = "reviews/m/bench.jsonl";
  write_score_file(run.path, file);
  const ScoreFile again = read_score_file(run.path);
  CHECK(to_json(again) == to_json(file));
  CHECK(again.benchmarks.at("pope").primary == "vlmevalkit@1");
  write_score_file(run.path, {});
  CHECK_FALSE(fs::exists(score_file_path(run.path)));
}

TEST_CASE("scorers are added behind those of the set, the chosen primary one goes first",
          "[score]") {
  using Names = std::vector<std::string>;
  const Names set = {"yes_no@1", "exact@1"};
  CHECK(scorers_with(set, {}) == set);
  CHECK(scorers_with(set, {{"mme@1", "exact@1"}, ""}) == Names{"yes_no@1", "exact@1", "mme@1"});
  CHECK(scorers_with(set, {{}, "exact@1"}) == Names{"exact@1", "yes_no@1"});
  CHECK(scorers_with(set, {{"mme@1"}, "vlmevalkit@1"}) ==
        Names{"vlmevalkit@1", "yes_no@1", "exact@1", "mme@1"});
}

TEST_CASE("the scorers and reviews of a run reach its sweep", "[score]") {
  const Folder run;
  Sweep sweep;
  sweep.benchmarks = {{"pope", {}}, {"open", {}}};
  std::vector<ItemTable> tables(2);
  tables[0].scorers = {"yes_no@1"};
  tables[1].scorers = {"judge@1"};
  ScoreFile file;
  file.benchmarks["pope"].added = {"exact@1"};
  file.benchmarks["gone"].added = {"exact@1"};
  file.reviews["m/open"] = "reviews/m/open.jsonl";
  CHECK_THROWS_WITH(apply(file, run.path, sweep, tables),
                    Catch::Contains("open.jsonl") && Catch::Contains("--reset"));
  fs::create_directories(run.path / "reviews/m");
  write_atomically(run.path / "reviews/m/open.jsonl", "{}\n");
  apply(file, run.path, sweep, tables);
  CHECK(tables[0].scorers == std::vector<std::string>{"yes_no@1", "exact@1"});
  CHECK(tables[1].scorers == std::vector<std::string>{"judge@1"});
  CHECK(sweep.reviews.at("m/open") == (run.path / "reviews/m/open.jsonl").string());
}

TEST_CASE("a damaged score.json says what is wrong with it", "[score]") {
  check_refused("{", "score.json");
  check_refused(R"({"benchmarks": {}})", "version");
  check_refused(R"({"version": 2})", "version 2");
  check_refused(R"({"version": 1, "benchmarks": []})", "must be objects");
  check_refused(R"({"version": 1, "benchmarks": {"pope": 3}})", "benchmark 'pope'");
  check_refused(R"({"version": 1, "benchmarks": {"pope": {"added": "exact"}}})", "'added'");
  check_refused(R"({"version": 1, "benchmarks": {"pope": {"added": ["exat"]}}})", "exact");
  check_refused(R"({"version": 1, "benchmarks": {"pope": {"added": [7]}}})", "expected a name");
  check_refused(R"({"version": 1, "benchmarks": {"pope": {"primary": "exact@99"}}})", "exact@99");
  check_refused(R"({"version": 1, "reviews": {"m/pope": 3}})", "m/pope");
}

TEST_CASE("reviews outside the run are refused", "[score]") {
  const Folder run;
  write_atomically(score_file_path(run.path),
                   R"({"version": 1, "reviews": {"m/pope": "../else.jsonl"}})");
  CHECK_THROWS_AS(read_score_file(run.path), Error);
}
