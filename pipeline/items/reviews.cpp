#include "pipeline/items/reviews.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/review_rows.hpp"

namespace vrp {

ReviewRows::ReviewRows(std::string file, const ItemTable& items, bool skip_bad,
                       const std::vector<bool>& required)
    : file_(std::move(file)), items_(items), skip_bad_(skip_bad), required_(required) {
  out.reviews.resize(items.size());
  out.published.resize(items.size());
  for (std::size_t row = 0; row < items.size(); ++row) {
    if (!rows_.emplace(items.id[row], row).second) {
      fail(file_, ": the item table '", items.benchmark, "' has question id '",
           excerpt(items.id[row]), "' twice, reviews cannot be joined to it");
    }
  }
}

void ReviewRows::bad(const std::string& message) {
  complain(message);
  ++left_out_;
}

void ReviewRows::complain(const std::string& message) {
  if (!skip_bad_) fail(message);
  out.warnings.push_back(message);
}

std::size_t ReviewRows::find(const std::string& id, const std::string& where) const {
  const auto found = rows_.find(id);
  if (found == rows_.end()) {
    fail(where, ": question id '", excerpt(id), "' is not in the item table of '", items_.benchmark,
         "'");
  }
  return found->second;
}

void ReviewRows::require_scorer(const char* scorer, const char* scores) const {
  const auto is = [&](const std::string& name) { return name.substr(0, name.find('@')) == scorer; };
  if (std::none_of(items_.scorers.begin(), items_.scorers.end(), is)) {
    fail(file_, ": holds ", scores, ", which need the scorer '", scorer, "'; the table of '",
         items_.benchmark, "' has ", join(items_.scorers, ", "));
  }
}

void ReviewRows::judged_by(const std::string& judge, const std::string& where) {
  if (!judge_.empty() && judge_ != judge) {
    fail(where, ": judged by '", excerpt(judge), "', expected '", excerpt(judge_),
         "' as before: scores of different judges do not mix");
  }
  judge_ = judge;
  out.facts["judge"] = judge;
}

void ReviewRows::finish(const std::set<std::size_t>& seen) {
  std::vector<std::string> missing;
  for (std::size_t row = 0; row < items_.size(); ++row) {
    if (!seen.contains(row) && (required_.empty() || required_[row])) {
      missing.push_back(items_.id[row]);
    }
  }
  out.facts["missing"] = std::to_string(items_.size() - seen.size());
  if (!missing.empty()) {
    std::vector<std::string> shown(
        missing.begin(), missing.begin() + std::min<std::ptrdiff_t>(std::ssize(missing), 5));
    if (shown.size() < missing.size()) shown.emplace_back("...");
    complain(concat(file_, ": ", missing.size(), " of ", items_.size(),
                    " questions have no review: ", join(shown, ", ")));
  }
  out.facts["left_out"] = std::to_string(left_out_);
  out.facts["rows"] = std::to_string(seen.size());
}

ReviewFile read_reviews(const std::filesystem::path& path, const ItemTable& items, bool skip_bad,
                        const std::vector<bool>& required) {
  const std::string text = read_text(path);
  ReviewRows rows(path.string(), items, skip_bad, required);
  rows.out.facts["source"] = path.filename().string();
  rows.out.facts["source_sha256"] = hash_file_both(path).sha256;
  const auto lines =
      parse_json_rows(text, rows.file(), [&](const Error& error) { rows.bad(error.what()); });
  if (lines.empty()) fail(rows.file(), ": holds no review");
  const Json& first = lines.front().value;
  if (lines.size() == 1 && !first.contains("question_id")) {
    read_mm_vet_object(first, text, rows);
  } else if (first.contains("tuple") || first.contains("content")) {
    read_llava_reviews(lines, rows);
  } else if (first.contains("score")) {
    read_mm_vet_lines(lines, rows);
  } else {
    fail(lines.front().where, ": has neither of the fields tuple, content, score; expected a ",
         "LLaVA-Bench review or an MM-Vet grade");
  }
  return std::move(rows.out);
}

}  // namespace vrp
