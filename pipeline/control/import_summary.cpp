#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/import_set_command.hpp"

namespace vrp {
namespace {

constexpr std::size_t kShown = 12;  ///< values of a column that the summary lists

/// "no 1500, yes 1500", the most frequent first, at most kShown.
std::string counts(const std::vector<std::string>& column) {
  std::map<std::string, std::size_t> by_value;
  for (const auto& value : column) ++by_value[value];
  std::vector<std::pair<std::string, std::size_t>> sorted(by_value.begin(), by_value.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < sorted.size() && i < kShown; ++i) {
    const std::string name = sorted[i].first.empty() ? "(none)" : excerpt(sorted[i].first, 30);
    parts.push_back(concat(name, " ", sorted[i].second));
  }
  if (sorted.size() > kShown) parts.push_back(concat("... ", sorted.size(), " in all"));
  return join(parts, ", ");
}

}  // namespace

void require_own_table(const std::filesystem::path& out, const ItemTable& table, bool force) {
  if (force || !std::filesystem::exists(out) || holds_item_table(out, table)) return;
  throw Error(ExitCode::foreign_folder,
              concat(out.string(),
                     ": exists and holds something else than this item table; choose "
                     "another name or replace it with --force"));
}

void write_and_summarise(const ImportCommand& command, const Imported& imported,
                         std::ostream& print) {
  const ItemTable& table = imported.table;
  bool written = true;
  if (std::filesystem::exists(command.out) && holds_item_table(command.out, table)) {
    const ItemTable old = read_item_table(command.out);  // same items: only new facts are written
    written = old.facts != table.facts || old.image_root != table.image_root;
    if (written) write_item_table(command.out, table, true);
  } else {
    write_item_table(command.out, table, command.force);
  }
  std::size_t with_region = 0, regions = 0, outlines = 0;
  for (const auto& row : table.regions) {
    with_region += row.empty() ? 0 : 1;
    regions += row.size();
    outlines += static_cast<std::size_t>(std::count_if(
        row.begin(), row.end(), [](const Region& region) { return !region.polygons.empty(); }));
  }
  const std::set<std::string> images(table.group.begin(), table.group.end());
  print << table.benchmark << ": " << table.size() << " items on " << images.size()
        << " images, kind " << table.kind << ", scorers " << join(table.scorers, " ") << "\n"
        << "  answers  " << counts(table.answer) << "\n"
        << "  types    " << counts(table.type) << "\n"
        << "  regions  " << with_region << " items, " << regions << " boxes, " << outlines
        << " with outline\n";
  if (!imported.skipped.empty()) {
    print << "  skipped  " << imported.skipped.size() << " rows\n";
    for (const auto& reason : imported.skipped) print << "    " << reason << "\n";
  }
  for (const auto& warning : imported.warnings) print << "  warning: " << warning << "\n";
  print << "  " << (written ? "wrote " : "unchanged: ") << command.out.string() << " (items "
        << table.hash().hex() << ")\n";
}

}  // namespace vrp
