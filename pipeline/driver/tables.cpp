#include "pipeline/driver/tables.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/items/scorer.hpp"

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

}  // namespace vrp
