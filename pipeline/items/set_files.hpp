#pragma once
// Files around a built set: the set itself, the sheet for manual checking with the vetoes read
// back, the balance report, and the images that a set must not use.
#include <filesystem>
#include <set>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/items/coco_sets.hpp"

namespace vrp {

/// The rows as one JSON array, a row per line.
std::string set_text(const Json& rows);

/// Names (without folders and extension) of the images that a file uses: an item table (.h5), or
/// JSON rows with `image`, `image_id` or `image_name`. first > 0 takes only the first rows.
std::set<std::string> images_used_by(const std::filesystem::path& path, std::int64_t first = 0);

/// A seeded share of the rows, at least one: question_id, image, image_id, question, answer, boxes
/// and an empty `verdict` to be filled in with ok or veto.
Json check_sheet(const Json& rows, double share, std::uint64_t seed);

/// The sheet as a page: pictures below `image_folder` (as seen from the page) with their boxes.
/// `files` gives the file of each sheet row. All text is escaped.
std::string check_sheet_html(const Json& sheet, const std::string& title,
                             const std::vector<std::string>& files);

struct Vetoes {
  std::set<std::string> items;  ///< "image_id\nquestion", see Exclusions
  std::int64_t checked = 0;     ///< rows with a verdict
};
/// Reads a filled-in sheet, or rows of image_id and question without `verdict` (all vetoed). Error
/// on a verdict other than ok, veto or "".
Vetoes read_vetoes(const std::filesystem::path& path);

/// Counts of answers, types, strata, categories and ordered pairs; quantiles of the objects' area
/// as a share of the image; where their centres lie on a 3 x 3 grid; candidates and raised caps.
Json balance_report(const BuiltSet& set);

}  // namespace vrp
