// vrp score RUN: labels of a run's stored answers by any scorer, without a model.
#include <algorithm>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/score_cells.hpp"
#include "pipeline/control/score_options.hpp"
#include "pipeline/control/score_print.hpp"
#include "pipeline/items/reviews.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

/// "name@version" of a scorer named on the command line.
std::string scorer_of(const std::string& name) {
  try {
    return find_scorer(name).label();
  } catch (const Error& error) {
    fail_usage("vrp score: ", error.what());
  }
}

class Score {
 public:
  Score(const ScoreOptions& options, StoredRun run)
      : options_(options), run_(std::move(run)), file_(read_score_file(run_.root())) {
    for (const std::string& name : options_.benchmarks) run_.require_benchmark(name);
    for (const std::string& name : options_.models) run_.require_model(name);
  }

  int work() {
    const ScoreFile before = file_;
    add_scorers();
    if (!options_.reviews.empty()) take_reviews();
    print();
    if (!options_.export_judge.empty()) export_judge();
    if (to_json(before) != to_json(file_) || !options_.reviews.empty()) {
      write_score_file(run_.root(), file_);
      std::cout << "kept in " << score_file_path(run_.root()).string()
                << "; start vrp-run again with the same arguments to compute its statistics\n";
    }
    return 0;
  }

  int list() {
    print_scorers();
    for (const std::string& benchmark : run_.benchmarks())
      std::cout << benchmark << ": "
                << scorer_list(
                       scorers_with(run_.table(benchmark).scorers, file_.benchmarks[benchmark]))
                << "\n";
    return 0;
  }

 private:
  std::vector<std::string> benchmarks() const {
    return options_.benchmarks.empty() ? run_.benchmarks() : options_.benchmarks;
  }
  std::vector<std::string> models() const {
    return options_.models.empty() ? run_.models() : options_.models;
  }

  /// Notes the scorers of the command line that the sets do not have yet, and the primary one.
  void add_scorers() {
    std::vector<std::string> added;
    for (const std::string& name : options_.scorers) added.push_back(scorer_of(name));
    const std::string primary = options_.primary.empty() ? "" : scorer_of(options_.primary);
    if (added.empty() && primary.empty()) return;
    for (const std::string& benchmark : benchmarks()) {
      ScoreFile::Choice& choice = file_.benchmarks[benchmark];
      const std::vector<std::string> known = scorers_with(run_.table(benchmark).scorers, choice);
      for (const std::string& scorer : added)
        if (std::find(known.begin(), known.end(), scorer) == known.end() &&
            std::find(choice.added.begin(), choice.added.end(), scorer) == choice.added.end())
          choice.added.push_back(scorer);
      if (!primary.empty()) choice.primary = primary;
      if (choice.added.empty() && choice.primary.empty()) file_.benchmarks.erase(benchmark);
    }
  }

  /// Checks the file against the set, then copies it into the run.
  void take_reviews() {
    const std::string& model = options_.models.front();
    const std::string& benchmark = options_.benchmarks.front();
    const ItemTable table = scored_table(benchmark);
    const ReviewFile reviews =
        read_reviews(options_.reviews, table, false, run_.answered(model, benchmark, table));
    for (const std::string& warning : reviews.warnings) std::cerr << "vrp: " << warning << "\n";
    const std::string name = "reviews/" + model + "/" + benchmark + ".jsonl";
    make_folders((run_.root() / name).parent_path());
    write_atomically(run_.root() / name, read_text(options_.reviews));
    file_.reviews[model + "/" + benchmark] = name;
    for (const auto& [fact, value] : reviews.facts)
      std::cout << "reviews: " << fact << " = " << value << "\n";
  }

  /// The table with all scorers of the set.
  ItemTable scored_table(const std::string& benchmark) {
    ItemTable table = run_.table(benchmark);
    const auto choice = file_.benchmarks.find(benchmark);
    if (choice != file_.benchmarks.end())
      table.scorers = scorers_with(std::move(table.scorers), choice->second);
    return table;
  }

  Reviews reviews_of(const ItemTable& table, const std::string& model,
                     const std::string& benchmark) const {
    const fs::path file = run_.reviews(file_, model, benchmark);
    return file.empty()
               ? Reviews()
               : read_reviews(file, table, false, std::vector<bool>(table.size(), false)).reviews;
  }

  void print() {
    std::size_t shown = 0;
    std::string nothing;
    for (const std::string& model : models()) {
      for (const std::string& benchmark : benchmarks()) {
        if (!run_.has_cell(model, benchmark)) continue;
        const ItemTable table = scored_table(benchmark);
        if (run_.finished(model, benchmark) == 0) {
          nothing += concat(model, " on ", benchmark, ": no unit of stage capture is finished\n");
          continue;
        }
        StoredCell cell = run_.cell(model, benchmark);
        add_labels(cell.capture, table, reviews_of(table, model, benchmark));
        print_cell(cell, table, reviews_of(table, model, benchmark), run_.partial());
        ++shown;
      }
    }
    std::cout << nothing;
    if (shown == 0)
      fail(run_.root().string(), ": no answer is stored yet: no unit of stage capture is finished");
  }

  /// The answers that are there, in the order of the table, as requests for a judge.
  void export_judge() {
    const std::string& model = options_.models.front();
    const std::string& benchmark = options_.benchmarks.front();
    const ItemTable& table = run_.table(benchmark);
    const Record capture = run_.cell(model, benchmark).capture;
    const auto& keys = capture.values<std::string>("item/key");
    const auto& status = capture.values<std::int32_t>("item/status");
    const auto& answers = capture.values<std::string>("answer/text");
    std::vector<JudgeRequest> requests;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (status[i] != 1) requests.push_back({keys[i], answers[i]});
    write_judge_requests(options_.export_judge, table, requests, model);
    std::cout << options_.export_judge << ": " << requests.size() << " requests for a judge";
    if (requests.size() < keys.size())
      std::cout << "; " << keys.size() - requests.size() << " items without an answer left out";
    std::cout << "\n";
  }

  const ScoreOptions& options_;
  StoredRun run_;
  ScoreFile file_;
};

/// Forgets what was added; works also when RUN/score.json is damaged.
int reset(const fs::path& root) {
  read_manifest(root);
  const fs::path file = score_file_path(root);
  std::error_code error;
  const bool removed = fs::remove(file, error);
  if (error) fail(file.string(), ": cannot be removed: ", error.message());
  fs::remove_all(root / "reviews", error);
  if (error) fail((root / "reviews").string(), ": cannot be removed: ", error.message());
  std::cout << (removed ? "forgotten: added scorers, primary and reviews; start vrp-run again with "
                          "the same arguments\n"
                        : "nothing to forget\n");
  return 0;
}

}  // namespace

int score_command(const Arguments& arguments) {
  const ScoreOptions options = parse_score_options(arguments);
  if (options.help) {
    std::cout << score_help();
    return 0;
  }
  if (options.list && options.run.empty()) {
    print_scorers();
    return 0;
  }
  if (options.reset) return reset(options.run);
  Score score(options, StoredRun(options.run));
  return options.list ? score.list() : score.work();
}

}  // namespace vrp
