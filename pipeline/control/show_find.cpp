#include "pipeline/control/show_find.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr std::size_t kShown = 5;

std::string quoted(const std::vector<std::string>& keys) {
  std::string out;
  for (std::size_t i = 0; i < std::min(keys.size(), kShown); ++i)
    out += concat(i > 0 ? ", '" : "'", excerpt(keys[i], 120), "'");
  return keys.size() > kShown ? out + concat(" and ", keys.size() - kShown, " more") : out;
}

/// The nearest key or id, else keys that hold the text, else the first key as an example.
std::string advice(const std::string& item, const std::vector<std::string>& keys,
                   const std::vector<std::string>& ids) {
  for (const auto* names : {&keys, &ids})
    if (const std::string near = nearest(item, *names); !near.empty())
      return "; did you mean '" + excerpt(near, 120) + "'?";
  std::vector<std::string> holding;
  for (const std::string& key : keys)
    if (key.find(item) != std::string::npos) holding.push_back(key);
  if (!holding.empty()) return "; keys with that text: " + quoted(holding);
  return keys.empty() ? "" : "; the first key is '" + excerpt(keys.front(), 120) + "'";
}

}  // namespace

ItemPlace find_item(StoredRun& run, const std::string& item, const std::string& benchmark) {
  if (!benchmark.empty()) run.require_benchmark(benchmark);
  std::vector<ItemPlace> found;
  std::vector<std::string> keys, ids, found_keys;
  for (const std::string& name : run.benchmarks()) {
    if (!benchmark.empty() && name != benchmark) continue;
    const ItemTable& table = run.table(name);
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (table.key[i] == item) return {name, i};
      if (table.id[i] == item) {
        found.push_back({name, i});
        found_keys.push_back(table.key[i]);
      }
      keys.push_back(table.key[i]);
      ids.push_back(table.id[i]);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    fail(run.root().string(), ": no item '", excerpt(item), "'", advice(item, keys, ids));
  fail_usage(run.root().string(), ": ", found.size(), " items have the id '", excerpt(item),
             "'; name one by its key: ", quoted(found_keys));
}

}  // namespace vrp
