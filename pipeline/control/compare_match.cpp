#include "pipeline/control/compare_match.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "pipeline/items/image_groups.hpp"

namespace vrp {
namespace {

using Rows = std::unordered_map<std::string_view, std::size_t>;

Rows rows_by(const std::vector<std::string>& keys) {
  Rows out;
  for (std::size_t i = 0; i < keys.size(); ++i) out.emplace(keys[i], i);
  return out;
}

std::optional<std::size_t> row_of(const Rows& rows, const std::string& key) {
  const auto found = rows.find(key);
  return found == rows.end() ? std::nullopt : std::optional(found->second);
}

/// A picture is its bytes' hash; tables made without hashes have the file's name.
bool same_picture(const ItemTable& a, std::size_t i, const ItemTable& b, std::size_t k) {
  const bool hashed = i < a.image_hash.size() && k < b.image_hash.size() &&
                      !a.image_hash[i].empty() && !b.image_hash[k].empty();
  return hashed ? a.image_hash[i] == b.image_hash[k] : a.image[i] == b.image[k];
}

std::string content_difference(const ItemTable& a, std::size_t i, const ItemTable& b,
                               std::size_t k) {
  if (a.question[i] != b.question[k]) return "question";
  if (!same_picture(a, i, b, k)) return "picture";
  if (a.choices[i] != b.choices[k]) return "options";
  if (a.hint[i] != b.hint[k]) return "hint";
  return "";
}

bool never_computed(const CellColumns& columns, std::size_t row) {
  return columns.failed[row] && columns.reason[row] == "not computed";
}

int label_of(const CellColumns& columns, std::size_t row) {
  return columns.labels.empty() ? -1 : columns.labels.front().y[row];
}

void count(const ItemMatch& item, const CompareSide& a, const CompareSide& b, MatchCounts& counts) {
  if (!item.table_b) {
    ++counts.only_a;
  } else if (!item.table_a) {
    ++counts.only_b;
  } else if (!item.difference.empty()) {
    ++counts.other_content;
  } else if (!item.row_a || !item.row_b) {
    ++counts.not_computed;
  } else if (!item.answered_a && !item.answered_b) {
    ++counts.failed_both;
  } else if (!item.answered_a) {
    ++counts.failed_a;
  } else if (!item.answered_b) {
    ++counts.failed_b;
  } else {
    ++counts.compared;
    counts.unlabelled +=
        label_of(*a.columns, *item.row_a) < 0 || label_of(*b.columns, *item.row_b) < 0;
    counts.other_reference += a.table->answer[*item.table_a] != b.table->answer[*item.table_b] ||
                              a.table->answers[*item.table_a] != b.table->answers[*item.table_b];
  }
}

}  // namespace

std::string ItemMatch::state() const {
  if (!table_b) return "only in A";
  if (!table_a) return "only in B";
  if (!difference.empty()) return "other " + difference;
  if (!row_a || !row_b)
    return !row_a && !row_b ? "not computed" : row_a ? "not computed in B" : "not computed in A";
  if (!answered_a && !answered_b) return "failed in both";
  if (!answered_a) return "failed in A";
  if (!answered_b) return "failed in B";
  return "compared";
}

MatchCounts& MatchCounts::operator+=(const MatchCounts& other) {
  only_a += other.only_a;
  only_b += other.only_b;
  other_content += other.other_content;
  not_computed += other.not_computed;
  failed_a += other.failed_a;
  failed_b += other.failed_b;
  failed_both += other.failed_both;
  compared += other.compared;
  unlabelled += other.unlabelled;
  other_reference += other.other_reference;
  return *this;
}

Match match_items(const CompareSide& a, const CompareSide& b) {
  const Rows table_a = rows_by(a.table->key), table_b = rows_by(b.table->key);
  const Rows columns_a = rows_by(a.columns->key), columns_b = rows_by(b.columns->key);
  std::set<std::string> keys(a.table->key.begin(), a.table->key.end());
  keys.insert(b.table->key.begin(), b.table->key.end());
  Match out;
  for (const std::string& key : keys) {
    ItemMatch& item = out.items.emplace_back();
    item.key = key;
    item.table_a = row_of(table_a, key);
    item.table_b = row_of(table_b, key);
    const auto computed = [&](const Rows& rows, const CellColumns& columns) {
      const auto row = row_of(rows, key);
      return row && !never_computed(columns, *row) ? row : std::nullopt;
    };
    item.row_a = computed(columns_a, *a.columns);
    item.row_b = computed(columns_b, *b.columns);
    item.answered_a = item.row_a && !a.columns->failed[*item.row_a];
    item.answered_b = item.row_b && !b.columns->failed[*item.row_b];
    if (item.table_a && item.table_b)
      item.difference = content_difference(*a.table, *item.table_a, *b.table, *item.table_b);
    if (!item.difference.empty() && out.first_other.empty())
      out.first_other = "'" + key + "' (another " + item.difference + ")";
    count(item, a, b, out.counts);
  }
  return out;
}

std::vector<SharedSignal> shared_signals(const CellColumns& a, const CellColumns& b) {
  std::vector<SharedSignal> out;
  for (std::size_t i = 0; i < a.signals.size(); ++i)
    for (std::size_t k = 0; k < b.signals.size(); ++k) {
      const SignalColumn &one = a.signals[i], &other = b.signals[k];
      if (one.path != other.path || one.orientation != other.orientation) continue;
      out.push_back({one.name == other.name ? one.name : one.path, one.path, i, k});
    }
  return out;
}

namespace {

/// Appends the compared items of one set; groups are filled by the caller.
void append(const Match& match, const CompareSide& a, const CompareSide& b,
            const std::vector<SharedSignal>& signals, const std::vector<bool>& use,
            PairedColumns& out) {
  for (std::size_t i = 0; i < match.items.size(); ++i) {
    if (!use[i]) continue;
    const std::size_t row_a = *match.items[i].row_a, row_b = *match.items[i].row_b;
    out.label_a.push_back(static_cast<std::int8_t>(label_of(*a.columns, row_a)));
    out.label_b.push_back(static_cast<std::int8_t>(label_of(*b.columns, row_b)));
    out.answer_a.push_back(a.columns->answer[row_a]);
    out.answer_b.push_back(b.columns->answer[row_b]);
    for (std::size_t s = 0; s < signals.size(); ++s) {
      out.signals[s].a.push_back(a.columns->signals[signals[s].a].value[row_a]);
      out.signals[s].b.push_back(b.columns->signals[signals[s].b].value[row_b]);
    }
  }
}

void add_signals(const CellColumns& a, const std::vector<SharedSignal>& signals,
                 PairedColumns& out) {
  for (const SharedSignal& signal : signals) {
    const SignalColumn& column = a.signals[signal.a];
    PairedSignal& to = out.signals.emplace_back();
    to.name = signal.name;
    to.units = column.units;
    to.orientation = column.orientation;
    to.needs_reference = column.needs_reference;
    to.control = !column.control.empty();
  }
}

}  // namespace

PairedColumns paired_columns(const Match& match, const CompareSide& a, const CompareSide& b) {
  PairedColumns out;
  const std::vector<SharedSignal> signals = shared_signals(*a.columns, *b.columns);
  add_signals(*a.columns, signals, out);
  std::vector<bool> use;
  std::vector<std::string> groups;
  for (const ItemMatch& item : match.items) {
    use.push_back(item.compared());
    if (use.back()) groups.push_back(a.columns->group[*item.row_a]);
  }
  append(match, a, b, signals, use, out);
  out.group = stats::number_texts(groups);
  return out;
}

PairedColumns pooled_columns(const std::vector<ComparedSet>& sets) {
  PairedColumns out;
  std::vector<std::vector<SharedSignal>> signals;  // of each set, those of all sets only
  std::map<std::string, std::size_t> uses;
  for (const ComparedSet& set : sets) {
    std::vector<SharedSignal>& kept = signals.emplace_back();
    for (const SharedSignal& signal : shared_signals(*set.a.columns, *set.b.columns))
      if (set.a.columns->signals[signal.a].pooled && set.b.columns->signals[signal.b].pooled) {
        kept.push_back(signal);
        ++uses[signal.path];
      }
  }
  for (std::vector<SharedSignal>& kept : signals) {
    std::erase_if(kept, [&](const SharedSignal& s) { return uses[s.path] != sets.size(); });
    const auto place = [&](const SharedSignal& signal) {  // in the order of the first set
      const auto& first = signals.front();
      return std::find_if(first.begin(), first.end(),
                          [&](const SharedSignal& s) { return s.path == signal.path; }) -
             first.begin();
    };
    if (&kept != &signals.front())
      std::sort(kept.begin(), kept.end(),
                [&](const SharedSignal& x, const SharedSignal& y) { return place(x) < place(y); });
  }
  if (!sets.empty()) add_signals(*sets.front().a.columns, signals.front(), out);
  std::vector<std::string> groups, hashes;
  std::set<std::pair<std::string, std::string>> asked;
  for (std::size_t k = 0; k < sets.size(); ++k) {
    const CellColumns& columns = *sets[k].a.columns;
    std::vector<bool> use;
    for (const ItemMatch& item : sets[k].match->items) {
      bool take = item.compared();
      if (take) {
        const std::string &hash = columns.image_hash[*item.row_a],
                          &group = columns.group[*item.row_a];
        take = asked.insert({hash.empty() ? group : hash, columns.question[*item.row_a]}).second;
        if (take) {
          groups.push_back(group);
          hashes.push_back(hash);
        }
      }
      use.push_back(take);
    }
    append(*sets[k].match, sets[k].a, sets[k].b, signals[k], use, out);
  }
  out.group = stats::number_texts(image_groups(groups, hashes));
  return out;
}

}  // namespace vrp
