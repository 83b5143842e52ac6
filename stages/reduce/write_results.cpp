#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce/figure_data.hpp"
#include "stages/reduce/table_rules.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {
namespace {

/// Text from items may hold any bytes; a JSON file holds valid UTF-8 only.
std::string json_text(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_statistics(const std::filesystem::path& path, const Results& results,
                      const RunFacts& facts) {
  const std::filesystem::path temporary = path.string() + ".part";
  write_record(temporary, results_record(results),
               {{"seed", std::to_string(facts.seed)},
                {"profile", facts.profile},
                {"partial", facts.partial},
                {"families", facts.families.dump()}});
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) fail(path.string(), ": cannot be replaced: ", error.message());
  sync_path(path.parent_path());
}

}  // namespace

std::vector<Table> all_tables(const Results& results, const RunFacts& facts) {
  std::vector<Table> tables = {table_class_balance(results, facts),
                               table_t1(results, facts),
                               table_t2(results, facts),
                               table_t3(results, facts),
                               table_t4(results, facts),
                               table_across_models(results, facts),
                               table_pooled_sets(results, facts),
                               table_t5(results, facts),
                               table_t6(results, facts),
                               table_t7(results, facts),
                               table_t8(results, facts),
                               table_t9(results, facts),
                               table_t9_layers(results, facts),
                               table_t10(results, facts),
                               table_t11(results, facts),
                               table_t12(results, facts),
                               table_t12_transfer(results, facts),
                               table_effects(results, facts),
                               table_agreement(results, facts),
                               table_signal_differences(results, facts),
                               table_risk_coverage(results, facts),
                               table_calibration(results, facts),
                               table_label_audit(results, facts),
                               table_label_agreement(results, facts),
                               table_label_signals(results, facts),
                               table_format_confound(results, facts),
                               table_official_figures(results, facts),
                               table_paper_delta(results, facts),
                               table_signals(results, facts)};
  for (Table& table : tables) complete_rows(table, facts.seed, facts.profile);
  return tables;
}

void write_results(const std::filesystem::path& run_folder, const std::vector<Record>& records,
                   const RunFacts& facts) {
  const Results results = gather(records, facts.families, facts.models);
  const std::filesystem::path folder = run_folder / "reduce", tables_folder = folder / "tables";
  const std::filesystem::path figures_folder = folder / "figures";
  make_folders(tables_folder);
  make_folders(figures_folder);
  write_statistics(folder / "stats.h5", results, facts);
  Json index = {{"partial", facts.partial}, {"profile", facts.profile},
                {"seed", facts.seed},       {"families", facts.families},
                {"tables", Json::array()},  {"figures", Json::array()}};
  const std::vector<Table> tables = all_tables(results, facts);
  for (const Table& table : tables) {
    write_atomically(tables_folder / (table.id + ".csv"), to_csv(table));
    write_atomically(tables_folder / (table.id + ".md"), to_markdown(table));
    write_atomically(tables_folder / (table.id + ".tex"), to_latex(table));
    write_atomically(tables_folder / (table.id + ".json"), json_text(to_json(table)));
    index["tables"].push_back({{"id", table.id}, {"title", table.title}});
  }
  write_atomically(folder / "paper_delta.md", paper_delta_page(results, facts));
  write_atomically(tables_folder / "all.tex", latex_document(tables, facts.partial));
  for (const Table& data : figure_data(results, facts)) {
    write_atomically(figures_folder / (data.id + ".csv"), to_csv(data));
    write_atomically(figures_folder / (data.id + ".json"), json_text(to_json(data)));
    index["figures"].push_back({{"id", data.id}, {"title", data.title}});
  }
  write_atomically(tables_folder / "index.json", json_text(index));
}

}  // namespace vrp
