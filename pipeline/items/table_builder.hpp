#pragma once
// From checked source rows to an item table: what every importer shares.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/items/image_folder.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/items/json_rows.hpp"

namespace vrp {

/// Options that every importer has.
struct ImportOptions {
  std::filesystem::path annotations;  ///< the benchmark's file
  std::filesystem::path images;       ///< folder of the images
  std::string name;                   ///< name of the set; "" = the importer's default
  std::string split;                  ///< "" = from the file
  bool skip_bad_rows = false;         ///< leave out, list and count malformed rows
  bool allow_duplicates = false;      ///< equal (image, question) pairs in one split
};

/// An item table and what the importer has to say about it.
struct Imported {
  ItemTable table;
  std::vector<std::string> warnings;
  std::vector<std::string> skipped;  ///< message of each row left out
};

/// One row of a source file.
struct SourceRow {
  std::string where;  ///< file and line or index, for messages
  std::string id, split, image, question, answer, type;
  std::vector<std::string> answers, choices;
  std::string hint;
  std::vector<Region> regions;
  std::string metadata = "{}";
};

class TableBuilder {
 public:
  /// `benchmark` is the first part of every key. Error when it has a '/'.
  TableBuilder(const ImportOptions& options, std::string benchmark);

  /// Runs `make` and adds the row it returns. Malformed rows (Error from `make`, an empty question,
  /// a key or an (image, question) pair of the same split seen before, an image that is missing or
  /// outside the folder) stop the import or, with skip_bad_rows, are listed.
  void add(const std::string& id_hint, const std::function<SourceRow()>& make);
  /// For rows that could not even be parsed.
  RowErrorHandler on_error();

  void warn(std::string message) { out_.warnings.push_back(std::move(message)); }
  /// Records path's name, bytes and SHA-256 as facts "source", "source_sha256", ... (prefix given);
  /// returns the SHA-256.
  std::string record_source(const std::string& prefix, const std::filesystem::path& path);

  ItemTable& table() { return out_.table; }
  const ImageFolder& images() const { return images_; }
  /// Rows whose image and question an earlier row has too (with allow_duplicates).
  std::size_t repeated_pairs() const { return keys_.size() - pairs_.size(); }
  std::size_t skipped() const { return out_.skipped.size(); }
  const std::vector<std::string>& splits() const { return splits_; }  ///< per row

  /// Sets kind and scorers, checks the whole table and hands it over.
  Imported finish(const std::string& name, const std::string& kind);

 private:
  void append(SourceRow row);

  ImportOptions options_;
  std::string benchmark_;
  ImageFolder images_;
  Imported out_;
  std::vector<std::string> splits_, skipped_ids_;
  std::unordered_map<std::string, std::string> keys_, pairs_;  ///< -> where
};

}  // namespace vrp
