#include "pipeline/driver/tables.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/items/reviews.hpp"

namespace vrp {
namespace fs = std::filesystem;

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

fs::path reviews_file(const BenchmarkConfig& benchmark, const std::string& model) {
  std::string name = benchmark.reviews;
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
      const fs::path file = reviews_file(benchmark.config, model.name);
      if (file.empty() || !fs::exists(file)) continue;
      out[model.name + "/" + benchmark.name] = hash_file(file).hex();
    }
  }
  return out;
}

Reviews reviews_of(const Sweep& sweep, const Cell& cell, const ItemTable& items) {
  if (cell.pooled()) return {};
  const fs::path file = reviews_file(sweep.benchmarks[cell.table].config, cell.model);
  if (file.empty() || !fs::exists(file)) return {};
  return read_reviews(file, items).reviews;
}

}  // namespace vrp
