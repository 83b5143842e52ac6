#pragma once
// The item tables of a sweep: read, checked against the scorers, reduced to the chosen rows, and
// frozen in RUN/items.
#include <filesystem>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/stage.hpp"
#include "pipeline/items/labels.hpp"

namespace vrp {

/// One table per benchmark of the sweep, after choice. Error names the benchmark's file.
std::vector<ItemTable> read_tables(const Sweep& sweep);

/// Writes RUN/items/BENCHMARK.h5 where missing or different (a table that was chosen anew).
void freeze_tables(const std::filesystem::path& run, const Sweep& sweep,
                   const std::vector<ItemTable>& tables);

/// File of the judge's reviews of a model's answers: that of sweep.reviews, else [benchmark]
/// reviews with {model} replaced; "" when there is none.
std::filesystem::path reviews_file(const Sweep& sweep, const NamedBenchmark& benchmark,
                                   const std::string& model);

/// Hash of every reviews file that exists, by "MODEL/BENCHMARK" (PlanInputs::review_hashes).
std::map<std::string, std::string> review_hashes(const Sweep& sweep);

/// What is known of every file of reviews, by "MODEL/BENCHMARK": file, hash, judge, counts of what
/// it lacks (for the manifest). `tables` are those of sweep.benchmarks.
Json review_facts(const Sweep& sweep, const std::vector<ItemTable>& tables);

/// The reviews of a cell's answers by row of `items`; none when there is no file.
Reviews reviews_of(const Sweep& sweep, const Cell& cell, const ItemTable& items);

}  // namespace vrp
