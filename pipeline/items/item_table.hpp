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
#include "pipeline/items/scorer.hpp"

namespace vrp {

/// One annotated object that the question is about: its box and, where known, its outline, in
/// pixels of the stored image (before any preprocessing).
struct Region {
  std::string category;
  std::int64_t annotation = 0;                ///< annotation id, 0 = none
  std::array<double, 4> box{};                ///< x, y, width, height
  std::vector<std::vector<double>> polygons;  ///< each x0 y0 x1 y1 ...; empty = box only
};

/// N rows, struct of arrays. Text is kept byte for byte.
struct ItemTable {
  std::string benchmark;  ///< name of the set, e.g. "pope_adversarial"
  /// What the references are, which decides the default scorers: "yes_no" | "integer" | "relation"
  /// | "vqa" (several human answers) | "choice" (an option's letter) | "open" (a judge is needed) |
  /// "text".
  std::string kind;
  std::vector<std::string> scorers;  ///< names with version, the primary one first
  ScoringRules rules;
  std::filesystem::path image_root;  ///< where image files are looked for; not part of any hash
  std::map<std::string, std::string>
      facts;  ///< source files with SHA-256, importer, choice, licence

  std::vector<std::string> key;    ///< benchmark/split/question id: unique, keys all randomness
  std::vector<std::string> id;     ///< question id as in the source
  std::vector<std::string> group;  ///< image id: folds and cluster resamples go by it; COCO
                                   ///< images have the same one in every set
  std::vector<std::string> image;  ///< file name inside image_root
  std::vector<std::string> image_hash;  ///< XXH3-128 of the file's bytes at import, hex
  std::vector<std::string> question;
  std::vector<std::string> answer;  ///< reference (label, count, word); "" when there is none
  std::vector<std::vector<std::string>> answers;  ///< several human references, or empty
  std::vector<std::vector<std::string>> choices;  ///< options A, B, C ... to show, or empty
  std::vector<std::string> hint;                  ///< shown before the question, "" = nothing
  std::vector<std::string> type;  ///< question type, for within-type statistics: the asked
                                  ///< category (POPE, counting), the asked relation (spatial)
  std::vector<std::vector<Region>> regions;  ///< empty = no region defined
  std::vector<std::string> metadata;  ///< JSON object text of further source fields, "{}" if none

  std::size_t size() const { return key.size(); }
  /// Hash of all that a model or scorer sees of row `row` (key, group, question, hint, choices,
  /// answers, type, regions, image name and image hash).
  Hash128 row_hash(std::size_t row) const;
  /// Of all rows with their metadata (picture sizes are in it) and the kind: what captures depend
  /// on.
  Hash128 content_hash() const;
  /// Of the content, the scorers and their rules.
  Hash128 hash() const;
};

/// Error (with the row) on a repeated key, a repeated (image, question) pair of one split unless
/// `allow_duplicates`, an empty question, an image name that leaves the folder, a reference that
/// `kind` cannot have ("" = no reference is allowed), a box or outline that is not finite, columns
/// of unequal length, an unknown kind or scorer, a table without rows.
void check(const ItemTable& table, bool allow_duplicates = false);

/// The scorers of a kind, the primary one first. Error on an unknown kind.
std::vector<std::string> default_scorers(const std::string& kind);

/// Whether `answer` can be a reference of `kind`: yes/no, an integer, one of left, right, above,
/// below, a letter A..Z for "choice", anything otherwise.
bool is_reference_of(const std::string& kind, const std::string& answer);

/// One row of `rows` after the other, in that order.
ItemTable select_rows(const ItemTable& table, const std::vector<std::size_t>& rows);

/// Writes the table as one record file, by a temporary neighbour and a rename: the name exists
/// only when the file is whole. A file that exists and holds the same items (facts and image folder
/// are not compared) is left as it is, unless `replace`; one that holds anything else is an Error
/// (foreign_folder) unless `replace`. Parts of killed imports of that name are removed. Returns
/// false when nothing was written.
bool write_item_table(const std::filesystem::path& path, const ItemTable& table,
                      bool replace = false);
/// Whether the file holds the same items; false also when it is damaged or something else.
bool holds_item_table(const std::filesystem::path& path, const ItemTable& table);
/// Error (bad_input) when the file is not an item table, is damaged or does not pass `check`
/// (duplicates are judged by the importer, not here).
ItemTable read_item_table(const std::filesystem::path& path);

/// How a sweep chooses rows of a table; n = 0 takes all. The chosen rows keep the table's order.
///   first       the first n rows
///   groups      whole images in a seeded order while they fit; an image that would exceed n is
///               passed over, so that up to (largest image's rows - 1) rows may be missing
///   stratified  as groups, and no answer may exceed its equal share of n (the remainder goes to
///               the first answers in sorted order)
/// The draw hashes (seed, image), so adding or removing other images does not reorder the rest.
struct Choice {
  std::int64_t n = 0;
  std::string rule = "first";  ///< "first" | "groups" | "stratified"
  std::uint64_t seed = 42;
};
/// Error (usage) on an unknown rule or when the table has too few rows. Adds the fact "choice".
ItemTable choose(const ItemTable& table, const Choice& choice);

}  // namespace vrp
