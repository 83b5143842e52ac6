#pragma once
// The stored answers of a run, cell by cell, from its manifest, item tables and capture files.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/score_file.hpp"
#include "pipeline/items/labels.hpp"

namespace vrp {

/// One model's answers to one set.
struct StoredCell {
  std::string model, benchmark;
  Record capture;                          ///< what labels need, all finished units joined
  std::size_t units = 0, units_there = 0;  ///< of stage capture: planned, finished
};

class StoredRun {
 public:
  /// Error when RUN is no run's output folder or has no stage capture.
  explicit StoredRun(std::filesystem::path root);
  const std::filesystem::path& root() const { return root_; }
  const Json& manifest() const { return manifest_; }
  std::vector<std::string> benchmarks() const;
  std::vector<std::string> models() const;
  bool partial() const { return manifest_.value("partial", false); }

  /// Error (usage) naming the nearest one when the run lacks it.
  void require_benchmark(const std::string& name) const;
  void require_model(const std::string& name) const;

  /// The frozen table with the scorers that the run's last start used.
  const ItemTable& table(const std::string& benchmark);
  ItemTable read_table(const std::string& benchmark) const;  ///< the same, read anew and not kept
  /// Reads the finished capture units. Error when none is finished or one is damaged.
  StoredCell cell(const std::string& model, const std::string& benchmark) const;
  /// By row of the table, whether there is an answer: of finished units, not failed.
  std::vector<bool> answered(const std::string& model, const std::string& benchmark,
                             const ItemTable& table) const;
  /// Whether the run has answers of `model` to `benchmark` (planned; maybe none finished).
  bool has_cell(const std::string& model, const std::string& benchmark) const;
  /// Its finished units of stage capture.
  std::size_t finished(const std::string& model, const std::string& benchmark) const;
  /// File of a judge's reviews: those of `file`, else what the last start was configured with.
  std::filesystem::path reviews(const ScoreFile& file, const std::string& model,
                                const std::string& benchmark) const;

 private:
  std::filesystem::path root_;
  Json manifest_;
  std::vector<WorkEntry> work_;
  std::map<std::string, ItemTable> tables_;
};

}  // namespace vrp
