#pragma once
// What the figures of all benchmarks share: groups of rows, means over the labelled ones.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/items/official_figures.hpp"

namespace vrp::official {

using Rows = std::vector<std::size_t>;
using Groups = std::vector<std::pair<std::string, Rows>>;

struct Input {
  const ItemTable& items;
  const RowLabels& labels;
  const Reviews& reviews;
  std::vector<Json> metadata;  ///< by row
};

/// Rows that have a label, in order, and how many have none.
struct Labelled {
  Rows rows;
  std::size_t without = 0;
};
Labelled labelled(const Input& in);

/// Rows by the names that `names_of` gives each (a row may be in several), names ascending.
Groups group_rows(const Rows& rows,
                  const std::function<std::vector<std::string>(std::size_t)>& names_of);

/// The texts of a metadata field: one text or number, or a list of texts; empty when it is absent.
std::vector<std::string> field_texts(const Json& metadata, const char* field);
/// Groups by a metadata field. Empty when no row has it; Error when only some have.
Groups group_by_field(const Input& in, const Rows& rows, const char* field);

/// Whether some row names several categories at once (metadata "categories": a comma list of
/// VLMEvalKit's tables), and the categories of a row: that list, or its type alone.
bool has_category_lists(const Input& in);
std::vector<std::string> categories_of(const Input& in, std::size_t row);

double mean_score(const Input& in, const Rows& rows);    ///< NaN without rows
double mean_correct(const Input& in, const Rows& rows);  ///< share of y = 1; NaN without rows

/// "3 rows without a label left out", or "".
std::string without_label(std::size_t count);

std::vector<OfficialFigure> yes_no_figures(const Input& in);
std::vector<OfficialFigure> mme_figures(const Input& in);
std::vector<OfficialFigure> vqa_figures(const Input& in);
std::vector<OfficialFigure> mm_vet_figures(const Input& in);
std::vector<OfficialFigure> llava_bench_figures(const Input& in);
/// Accuracy per type, per data type where metadata has one, and all.
std::vector<OfficialFigure> accuracy_figures(const Input& in);

}  // namespace vrp::official
