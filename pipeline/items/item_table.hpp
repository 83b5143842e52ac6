#pragma once
// The frozen item table: one row per question, read once by an importer and never changed.
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/hash.hpp"

namespace vrp {

/// One annotated object that the question is about: its box and, where known, its outline, in
/// pixels of the stored image (before any preprocessing).
struct Region {
  std::string category;
  std::int64_t annotation = 0;                     ///< annotation id, 0 = none
  std::array<double, 4> box{};                     ///< x, y, width, height
  std::vector<std::vector<double>> polygons;       ///< each x0 y0 x1 y1 ...; empty = box only
};

/// N rows, struct of arrays. Text is kept byte for byte.
struct ItemTable {
  std::string benchmark;     ///< name of the set, e.g. "pope_adversarial"
  std::string kind;          ///< "yes_no" | "integer" | "relation" | "text": the default scorer
  std::vector<std::string> scorers;  ///< names with version, the primary one first
  std::filesystem::path image_root;  ///< where image files are looked for; not part of any hash
  std::map<std::string, std::string> facts;  ///< source files with SHA-256, importer, choice, licence

  std::vector<std::string> key;       ///< benchmark/split/question id: unique, keys all randomness
  std::vector<std::string> id;        ///< question id as in the source
  std::vector<std::string> group;     ///< image id: folds and cluster resamples go by it
  std::vector<std::string> image;     ///< file name inside image_root
  std::vector<std::string> image_hash;  ///< XXH3-128 of the file's bytes at import, hex
  std::vector<std::string> question;
  std::vector<std::string> answer;    ///< reference (label, count, word); "" when there is none
  std::vector<std::vector<std::string>> answers;  ///< several human references, or empty
  std::vector<std::string> type;      ///< question type, for within-type statistics
  std::vector<std::vector<Region>> regions;       ///< empty = no region defined
  std::vector<std::string> metadata;  ///< JSON object text of further source fields, "{}" if none

  std::size_t size() const { return key.size(); }
  /// Hash of all that a model or scorer sees of row `row` (key, group, question, answers, type,
  /// regions, image name and image hash).
  Hash128 row_hash(std::size_t row) const;
  Hash128 hash() const;               ///< of all rows and the scorer list
};

/// Error (with the row) on a repeated key, a repeated (image, question) pair unless
/// `allow_duplicates`, an empty question, an image name that leaves the folder, columns of unequal
/// length, an unknown scorer.
void check(const ItemTable& table, bool allow_duplicates = false);

void write_item_table(const std::filesystem::path& path, const ItemTable& table);
ItemTable read_item_table(const std::filesystem::path& path);

/// How a sweep chooses rows of a table: the first n in file order, or a seeded draw of whole
/// images (groups), optionally stratified by answer. n = 0 takes all.
struct Choice {
  std::int64_t n = 0;
  std::string rule = "first";  ///< "first" | "groups" | "stratified"
  std::uint64_t seed = 42;
};
ItemTable choose(const ItemTable& table, const Choice& choice);

}  // namespace vrp
