#include "pipeline/driver/tables.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/items/reviews.hpp"

namespace vrp {
namespace fs = std::filesystem;

namespace {

/// Error (bad_input) for a row that has no options to show.
void require_options(const ItemTable& table, const std::string& file, const std::string& name) {
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!table.choices[row].empty()) continue;
    fail(file, ": item '", excerpt(table.key[row]), "' has no options, but [benchmark:", name,
         "] form = letter; expected short, yes_no or open");
  }
}

}  // namespace

std::vector<ItemTable> read_tables(const Sweep& sweep) {
  std::vector<ItemTable> out;
  for (const auto& benchmark : sweep.benchmarks) {
    const auto& config = benchmark.config;
    if (!fs::exists(config.table)) {
      fail(config.table, ": item table of benchmark '", benchmark.name,
           "' does not exist; make it with vrp import");
    }
    ItemTable table = read_item_table(config.table);
    if (!config.images.empty()) table.image_root = config.images;
    if (!config.scorers.empty()) table.scorers = config.scorers;
    for (auto& scorer : table.scorers) scorer = find_scorer(scorer).label();
    if (config.form == "letter") require_options(table, config.table, benchmark.name);
    table.rules = {config.soft_threshold, config.judge_threshold, config.judge_relative};
    out.push_back(choose(table, {config.n, config.choice, config.seed}));
  }
  return out;
}

void freeze_tables(const fs::path& run, const Sweep& sweep, const std::vector<ItemTable>& tables) {
  make_folders(run / "items");
  for (std::size_t b = 0; b < tables.size(); ++b) {
    const fs::path file = run / "items" / (sweep.benchmarks[b].name + ".h5");
    if (!holds_item_table(file, tables[b])) write_item_table(file, tables[b], /*replace=*/true);
  }
}

fs::path reviews_file(const Sweep& sweep, const NamedBenchmark& benchmark,
                      const std::string& model) {
  const auto given = sweep.reviews.find(model + "/" + benchmark.name);
  if (given != sweep.reviews.end()) return given->second;
  std::string name = benchmark.config.reviews;
  const std::string mark = "{model}";
  if (const auto at = name.find(mark); at != std::string::npos) {
    name.replace(at, mark.size(), model);
  }
  return name;
}

std::map<std::string, std::string> review_hashes(const Sweep& sweep) {
  std::map<std::string, std::string> out;
  for (const auto& model : sweep.models) {
    for (const auto& benchmark : sweep.benchmarks) {
      const fs::path file = reviews_file(sweep, benchmark, model.name);
      if (file.empty() || !fs::exists(file)) continue;
      out[model.name + "/" + benchmark.name] = hash_file(file).hex();
    }
  }
  return out;
}

namespace {

/// A run takes the reviews that there are: one with a limit, or with items that failed, has no
/// answer to some questions. How many are missing is a fact beside the tables.
ReviewFile reviews_in(const fs::path& file, const ItemTable& items) {
  return read_reviews(file, items, false, std::vector<bool>(items.size(), false));
}

}  // namespace

Json review_facts(const Sweep& sweep, const std::vector<ItemTable>& tables) {
  Json out = Json::object();
  for (const auto& model : sweep.models) {
    for (std::size_t b = 0; b < sweep.benchmarks.size(); ++b) {
      const fs::path file = reviews_file(sweep, sweep.benchmarks[b], model.name);
      if (file.empty() || !fs::exists(file)) continue;
      const ReviewFile reviews = reviews_in(file, tables[b]);
      out[model.name + "/" + sweep.benchmarks[b].name] = {{"file", file.string()},
                                                          {"hash", hash_file(file).hex()},
                                                          {"facts", reviews.facts},
                                                          {"warnings", reviews.warnings}};
    }
  }
  return out;
}

Reviews reviews_of(const Sweep& sweep, const Cell& cell, const ItemTable& items) {
  if (cell.pooled()) return {};
  const fs::path file = reviews_file(sweep, sweep.benchmarks[cell.table], cell.model);
  if (file.empty() || !fs::exists(file)) return {};
  return reviews_in(file, items).reviews;
}

}  // namespace vrp
