// The command lines that the table beside the paper gives are command lines of this program.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"
#include "stages/reduce/paper_command.hpp"

using namespace vrp;

namespace {

/// Words as a shell cuts them, single quotes taken off.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  REQUIRE_FALSE(quoted);
  return out;
}

struct Asked {
  Sweep sweep;
  StageParams params;
};

/// What vrp-run reads from the line, started in the repository.
Asked read(const std::string& line) {
  std::vector<std::string> words = words_of(line);
  REQUIRE(words.front() == "vrp-run");
  for (std::string& word : words)
    if (word.starts_with("conf/")) word.insert(0, VRP_SOURCE_DIR "/");
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  const RunOptions options =
      parse_run_options(static_cast<int>(arguments.size()), arguments.data());
  Asked out{read_sweep(options.sweep), {}};
  out.params = bind_stage_params(out.sweep);
  return out;
}

}  // namespace

TEST_CASE("every cell's command is one that vrp-run understands, on the cell's model and set",
          "[paper][commands]") {
  std::set<std::string> seen;
  for (const PublishedCell& cell : published_cells()) {
    const std::string line = paper_command(cell);
    INFO(line);
    const Asked asked = read(line);
    seen.insert(line);
    const auto& models = asked.sweep.params.models;
    if (!cell.figure.model.empty()) {
      REQUIRE(models.size() == 1);
      CHECK(paper_model(models[0]) == cell.figure.model);
    } else {
      CHECK(models.size() == 3);
    }
    const bool authors = cell.print == Print::authors;
    const std::string_view set =
        authors && !cell.authors.set.empty() ? cell.authors.set : cell.figure.set;
    if (set == "pooled") {
      CHECK(asked.sweep.params.benchmarks ==
            std::vector<std::string>{"pope", "counting", "spatial", "llava_bench"});
      for (const auto& benchmark : asked.sweep.benchmarks) CHECK(benchmark.config.pooled);
    } else if (!set.empty()) {
      CHECK(asked.sweep.params.benchmarks == std::vector<std::string>{std::string(set)});
    }
    CHECK(asked.sweep.params.profile == (authors ? "authors" : "default"));
    const auto& stages = asked.sweep.params.stages;
    CHECK(std::ranges::find(stages, "reduce") != stages.end());
    const std::string_view table = cell.figure.table;
    if (table == "T5" || table == "T6" || table == "T11")
      CHECK(std::ranges::find(stages, "interventions") != stages.end());
    if (table == "T3" && cell.figure.signal == "hidden_probe")
      CHECK(std::ranges::find(stages, "probes") != stages.end());
  }
  CHECK(seen.size() >= 20);
  CHECK(seen.size() <= 50);
}

TEST_CASE("the printed accuracies are asked for one token of VQAv2", "[paper][commands]") {
  for (const PublishedCell& cell : published_cells()) {
    if (cell.figure.table != "T1" || cell.figure.statistic != "accuracy") continue;
    const Asked asked = read(paper_command(cell));
    REQUIRE(asked.sweep.benchmarks.size() == 1);
    CHECK(asked.sweep.benchmarks[0].name == "vqav2");
    CHECK(asked.sweep.benchmarks[0].config.max_new_tokens == 1);
    CHECK(asked.sweep.benchmarks[0].config.scorers.front() == "authors_lenient_full");
  }
}
