#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/items/item_table.hpp"

namespace vrp {
namespace {

struct Group {
  std::string name;
  std::vector<std::size_t> rows;
  std::uint64_t ticket = 0;  ///< place in the seeded order
};

/// The table's images in a seeded order: sorted by hash of (seed, image), then by name.
std::vector<Group> drawn_groups(const ItemTable& table, std::uint64_t seed) {
  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto [found, fresh] = index.emplace(table.group[row], groups.size());
    if (fresh) groups.push_back({table.group[row], {}, 0});
    groups[found->second].rows.push_back(row);
  }
  for (Group& group : groups) {
    const PhiloxCounter w = Rng(seed, "items", "", group.name, "choice").words(0);
    group.ticket = (std::uint64_t{w.c0} << 32) | w.c1;
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return a.ticket != b.ticket ? a.ticket < b.ticket : a.name < b.name;
  });
  return groups;
}

/// Equal shares of n per answer, the remainder to the first answers in sorted order.
std::map<std::string, std::int64_t> equal_shares(const ItemTable& table, std::int64_t n) {
  std::map<std::string, std::int64_t> shares;
  for (const auto& answer : table.answer) shares[answer] = 0;
  const auto kinds = static_cast<std::int64_t>(shares.size());
  std::int64_t rest = n % kinds;
  for (auto& [answer, share] : shares) share = n / kinds + (rest-- > 0 ? 1 : 0);
  return shares;
}

/// Whole images in drawn order while they fit into n and, if given, into the answers' shares.
std::vector<std::size_t> draw(const ItemTable& table, const Choice& choice) {
  const bool stratified = choice.rule == "stratified";
  auto left = stratified ? equal_shares(table, choice.n) : std::map<std::string, std::int64_t>{};
  std::vector<std::size_t> rows;
  std::size_t largest = 0;
  for (const Group& group : drawn_groups(table, choice.seed)) {
    largest = std::max(largest, group.rows.size());
    if (static_cast<std::int64_t>(rows.size() + group.rows.size()) > choice.n) continue;
    std::map<std::string, std::int64_t> need;
    for (const std::size_t row : group.rows) ++need[table.answer[row]];
    if (stratified && std::any_of(need.begin(), need.end(), [&](const auto& pair) {
          return left[pair.first] < pair.second;
        })) {
      continue;
    }
    for (const auto& [answer, count] : need) left[answer] -= count;
    rows.insert(rows.end(), group.rows.begin(), group.rows.end());
  }
  if (static_cast<std::int64_t>(rows.size() + largest) <= choice.n) {
    fail_usage("choice '", choice.rule, "' of ", choice.n, " rows of '", table.benchmark,
               "': only ", rows.size(), " of ", table.size(), " rows fit",
               stratified ? " with answers in equal shares" : "");
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

ItemTable choose(const ItemTable& table, const Choice& choice) {
  if (choice.rule != "first" && choice.rule != "groups" && choice.rule != "stratified") {
    fail_usage("unknown choice '", choice.rule, "'; known: first, groups, stratified");
  }
  const auto rows_in_all = static_cast<std::int64_t>(table.size());
  if (choice.n < 0 || choice.n > rows_in_all) {
    fail_usage("choice of ", choice.n, " rows: '", table.benchmark, "' has ", rows_in_all);
  }
  std::vector<std::size_t> rows;
  if (choice.n == 0 || choice.rule == "first") {
    rows.resize(static_cast<std::size_t>(choice.n == 0 ? rows_in_all : choice.n));
    std::iota(rows.begin(), rows.end(), std::size_t{0});
  } else {
    rows = draw(table, choice);
  }
  ItemTable out = select_rows(table, rows);
  out.facts["choice"] = choice.n == 0
                            ? concat("all ", rows_in_all, " rows")
                            : concat(choice.rule, ", n = ", choice.n, ", seed ", choice.seed, ": ",
                                     rows.size(), " of ", rows_in_all, " rows");
  return out;
}

}  // namespace vrp
