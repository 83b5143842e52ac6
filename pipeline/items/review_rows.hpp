#pragma once
// Joining review files to an item table: shared by the formats of read_reviews.
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pipeline/base/json.hpp"
#include "pipeline/items/json_rows.hpp"
#include "pipeline/items/reviews.hpp"

namespace vrp {

/// Collects the reviews of a file. `bad` stops, or lists and counts with skip_bad.
class ReviewRows {
 public:
  ReviewRows(std::string file, const ItemTable& items, bool skip_bad,
             const std::vector<bool>& required);

  /// Runs `read`, whose errors are bad rows.
  template <class Read>
  void row(Read&& read) {
    try {
      read();
    } catch (const Error& error) {
      bad(error.what());
    }
  }
  void bad(const std::string& message);
  /// Row of the table with that question id. Error at `where` when there is none.
  std::size_t find(const std::string& id, const std::string& where) const;
  /// Error when the table has no scorer of that name.
  void require_scorer(const char* scorer, const char* scores) const;
  /// Remembers who judged; Error when somebody else did before.
  void judged_by(const std::string& judge, const std::string& where);
  /// Bad rows for all required table rows that `seen` lacks; then the counts become facts.
  void finish(const std::set<std::size_t>& seen);

  const std::string& file() const { return file_; }
  const ItemTable& items() const { return items_; }
  ReviewFile out;

 private:
  void complain(const std::string& message);

  std::string file_;
  const ItemTable& items_;
  bool skip_bad_;
  std::vector<bool> required_;  ///< empty = all
  std::size_t left_out_ = 0;
  std::string judge_;
  std::unordered_map<std::string, std::size_t> rows_;
};

void read_llava_reviews(const std::vector<JsonRow>& lines, ReviewRows& rows);
void read_mm_vet_lines(const std::vector<JsonRow>& lines, ReviewRows& rows);
/// `text` is the document, for ids that come twice.
void read_mm_vet_object(const Json& document, std::string_view text, ReviewRows& rows);

}  // namespace vrp
