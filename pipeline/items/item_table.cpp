#include "pipeline/items/item_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/answer_rules.hpp"
#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

std::int64_t bits(double value) { return std::bit_cast<std::int64_t>(value); }

void add_region(Hasher& hasher, const Region& region) {
  hasher.add(region.category).add(region.annotation);
  for (const double side : region.box) hasher.add(bits(side));
  hasher.add(static_cast<std::int64_t>(region.polygons.size()));
  for (const auto& polygon : region.polygons) {
    hasher.add(static_cast<std::int64_t>(polygon.size()));
    for (const double value : polygon) hasher.add(bits(value));
  }
}

std::string row_name(const ItemTable& table, std::size_t row) {
  return concat("item table '", table.benchmark, "': row ", row, " ('", excerpt(table.key[row]),
                "')");
}

/// "benchmark/split" of a key "benchmark/split/question id".
std::string_view split_of(std::string_view key) {
  const auto first = key.find('/');
  if (first == std::string_view::npos) return {};
  const auto second = key.find('/', first + 1);
  return key.substr(0, second == std::string_view::npos ? first : second);
}

void check_lengths(const ItemTable& table) {
  const std::pair<const char*, std::size_t> columns[] = {{"id", table.id.size()},
                                                         {"group", table.group.size()},
                                                         {"image", table.image.size()},
                                                         {"image_hash", table.image_hash.size()},
                                                         {"question", table.question.size()},
                                                         {"answer", table.answer.size()},
                                                         {"answers", table.answers.size()},
                                                         {"choices", table.choices.size()},
                                                         {"hint", table.hint.size()},
                                                         {"type", table.type.size()},
                                                         {"regions", table.regions.size()},
                                                         {"metadata", table.metadata.size()}};
  for (const auto& [name, rows] : columns) {
    if (rows != table.size()) {
      fail("item table '", table.benchmark, "': column '", name, "' has ", rows, " rows, expected ",
           table.size(), " as 'key'");
    }
  }
}

void check_regions(const ItemTable& table, std::size_t row) {
  for (const Region& region : table.regions[row]) {
    bool finite = std::all_of(region.box.begin(), region.box.end(),
                              [](double side) { return std::isfinite(side); });
    for (const auto& polygon : region.polygons) {
      finite &= std::all_of(polygon.begin(), polygon.end(),
                            [](double value) { return std::isfinite(value); });
      if (polygon.size() < 6 || polygon.size() % 2 != 0) {
        fail(row_name(table, row), ": an outline of '", region.category, "' has ", polygon.size(),
             " numbers, expected at least 6 and an even count");
      }
    }
    if (!finite || region.box[2] < 0 || region.box[3] < 0) {
      fail(row_name(table, row), ": the region of '", region.category,
           "' is not a finite box or outline");
    }
  }
}

}  // namespace

Hash128 ItemTable::row_hash(std::size_t row) const {
  Hasher hasher;
  hasher.add(key[row]).add(group[row]).add(question[row]).add(answer[row]).add(hint[row]);
  for (const auto* list : {&answers[row], &choices[row]}) {
    hasher.add(static_cast<std::int64_t>(list->size()));
    for (const auto& text : *list) hasher.add(text);
  }
  hasher.add(type[row]).add(image[row]).add(image_hash[row]);
  hasher.add(static_cast<std::int64_t>(regions[row].size()));
  for (const Region& region : regions[row]) add_region(hasher, region);
  return hasher.finish();
}

Hash128 ItemTable::content_hash() const {
  Hasher hasher;
  hasher.add(kind);
  for (std::size_t row = 0; row < size(); ++row) hasher.add(row_hash(row).hex()).add(metadata[row]);
  return hasher.finish();
}

Hash128 ItemTable::hash() const {
  Hasher hasher;
  hasher.add(content_hash().hex());
  hasher.add(static_cast<std::int64_t>(scorers.size()));
  for (const auto& name : scorers) hasher.add(name);
  for (const double value : {rules.soft_threshold, rules.judge_threshold, rules.judge_relative}) {
    hasher.add(bits(value));
  }
  return hasher.finish();
}

std::vector<std::string> default_scorers(const std::string& kind) {
  const auto labels = [](const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const auto& name : names) out.push_back(find_scorer(name).label());
    return out;
  };
  if (kind == "yes_no") {
    return labels({"yes_no", "pope_official", "vlmevalkit", "lmms_eval", "exact"});
  }
  if (kind == "integer") return labels({"integer", "exact", "lenient"});
  if (kind == "relation") return labels({"relation", "exact", "lenient"});
  if (kind == "text") return labels({"exact"});
  if (kind == "vqa") {
    return labels({"vqa_official", "vqa_vlmevalkit", "vqa_lmms_eval", "textvqa", "exact"});
  }
  if (kind == "choice") {
    return labels({"letter_vlmevalkit", "letter_exact", "letter_first", "likelihood", "exact"});
  }
  if (kind == "open") return labels({"judge", "rouge_l"});
  fail("unknown kind '", excerpt(kind),
       "' of an item table; known: yes_no, integer, relation, vqa, choice, open, text");
}

bool is_reference_of(const std::string& kind, const std::string& answer) {
  if (kind == "yes_no") return answer == "yes" || answer == "no";
  if (kind == "integer") {
    return !answer.empty() && answer.find_first_not_of("0123456789") == std::string::npos;
  }
  if (kind == "relation") {
    return answer == "left" || answer == "right" || answer == "above" || answer == "below";
  }
  if (kind == "choice") return answer.size() == 1 && answer[0] >= 'A' && answer[0] <= 'Z';
  return true;
}

void check(const ItemTable& table, bool allow_duplicates) {
  check_lengths(table);
  if (table.size() == 0) fail("item table '", table.benchmark, "' has no rows");
  default_scorers(table.kind);
  if (table.scorers.empty()) fail("item table '", table.benchmark, "' names no scorer");
  for (const auto& name : table.scorers) find_scorer(name);
  std::unordered_map<std::string, std::size_t> keys, pairs;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table.key[row].empty()) fail(row_name(table, row), ": the key is empty");
    if (const auto [first, fresh] = keys.emplace(table.key[row], row); !fresh) {
      fail(row_name(table, row), ": the key was there before, in row ", first->second);
    }
    for (const auto* text : {&table.key[row], &table.question[row], &table.answer[row]}) {
      if (text->find('\0') != std::string::npos) {
        fail(row_name(table, row), ": '", excerpt(*text), "' has a NUL character");
      }
    }
    if (trim(table.question[row]).empty()) fail(row_name(table, row), ": the question is empty");
    if (table.group[row].empty()) fail(row_name(table, row), ": the group (image id) is empty");
    try {
      inside(table.image_root, table.image[row]);
    } catch (const Error& error) {
      fail(row_name(table, row), ": image ", error.what());
    }
    const auto [first, fresh] = pairs.emplace(
        concat(split_of(table.key[row]), '\n', table.image[row], '\n', table.question[row]), row);
    if (!fresh && !allow_duplicates) {
      fail(row_name(table, row), ": image and question are those of row ", first->second,
           "; --allow-duplicates accepts that");
    }
    if (!table.answer[row].empty() && !is_reference_of(table.kind, table.answer[row])) {
      fail(row_name(table, row), ": answer '", excerpt(table.answer[row]),
           "' cannot be a reference of kind ", table.kind);
    }
    if (!table.choices[row].empty() && table.kind == "choice" && !table.answer[row].empty() &&
        static_cast<std::size_t>(table.answer[row][0] - 'A') >= table.choices[row].size()) {
      fail(row_name(table, row), ": answer '", table.answer[row], "' has no option, there are ",
           table.choices[row].size());
    }
    check_regions(table, row);
  }
}

ItemTable select_rows(const ItemTable& table, const std::vector<std::size_t>& rows) {
  ItemTable out;
  out.benchmark = table.benchmark;
  out.kind = table.kind;
  out.scorers = table.scorers;
  out.rules = table.rules;
  out.image_root = table.image_root;
  out.facts = table.facts;
  const auto pick = [&](const auto& from, auto& to) {
    to.reserve(rows.size());
    for (const std::size_t row : rows) to.push_back(from[row]);
  };
  pick(table.key, out.key);
  pick(table.id, out.id);
  pick(table.group, out.group);
  pick(table.image, out.image);
  pick(table.image_hash, out.image_hash);
  pick(table.question, out.question);
  pick(table.answer, out.answer);
  pick(table.answers, out.answers);
  pick(table.choices, out.choices);
  pick(table.hint, out.hint);
  pick(table.type, out.type);
  pick(table.regions, out.regions);
  pick(table.metadata, out.metadata);
  return out;
}

}  // namespace vrp
