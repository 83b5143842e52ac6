#pragma once
// RUN/score.json: what `vrp score` added to the labels of a run. The next start with the same
// arguments reads it and makes the labels anew from the stored answers.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/items/item_table.hpp"

namespace vrp {

struct ScoreFile {
  struct Choice {
    std::vector<std::string> added;  ///< scorers with version, behind those of the configuration
    std::string primary;             ///< the scorer that statistics use; "" = the configuration's
  };
  std::map<std::string, Choice> benchmarks;
  std::map<std::string, std::string> reviews;  ///< "MODEL/BENCHMARK" -> file relative to RUN
  bool empty() const { return benchmarks.empty() && reviews.empty(); }
};

std::filesystem::path score_file_path(const std::filesystem::path& run);

/// What RUN/score.json says; nothing when there is none. Error when it is damaged, names a scorer
/// that this build lacks, or a file of reviews outside RUN.
ScoreFile read_score_file(const std::filesystem::path& run);
ScoreFile score_file_of(const Json& json, const std::string& where);
Json to_json(const ScoreFile& file);

/// Writes RUN/score.json as a whole; an empty one removes it.
void write_score_file(const std::filesystem::path& run, const ScoreFile& file);

/// `scorers` with those added, each once, the chosen primary one first.
std::vector<std::string> scorers_with(std::vector<std::string> scorers,
                                      const ScoreFile::Choice& choice);

/// Changes the scorers of the tables (of sweep.benchmarks, in order) and names the reviews in
/// `sweep`. Benchmarks and models that the sweep lacks are passed over.
void apply(const ScoreFile& file, const std::filesystem::path& run, Sweep& sweep,
           std::vector<ItemTable>& tables);

}  // namespace vrp
