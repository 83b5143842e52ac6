#include "pipeline/control/show_arrays.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/show_row.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

constexpr std::size_t kWidest = 64, kText = 200;

void print_value(std::ostream& out, const Json& value) {
  if (value.is_string())
    out << " '" << excerpt(value.get_ref<const std::string&>(), kText) << "'";
  else if (value.is_null())
    out << " undefined";
  else
    out << " " << value.dump();
}

void print_row(std::ostream& out, const Record& record, std::size_t row, std::size_t rows) {
  for (const Array& array : record.arrays()) {
    if (array.dims.empty() || array.dims[0] != "item" || array.size() == 0) continue;
    const std::size_t width = static_cast<std::size_t>(array.size()) / rows;
    if (width > kWidest) continue;
    out << "  " << array.name << " =";
    for (std::size_t i = row * width; i < (row + 1) * width; ++i)
      print_value(out, json_value(array, i));
    out << (array.units.empty() || array.units == "1" ? "" : " " + array.units) << "\n";
  }
}

}  // namespace

void print_arrays(std::ostream& out, StoredRun& run, const ItemPlace& place,
                  const std::vector<std::string>& models) {
  for (const std::string& model : models) run.require_model(model);
  const std::string key = run.table(place.benchmark).key[place.row];
  const auto row_number = static_cast<std::int64_t>(place.row);
  out << excerpt(key, kText) << "\n";
  for (const WorkEntry& work : work_of(read_manifest(run.root()))) {
    const bool wanted =
        models.empty() || std::find(models.begin(), models.end(), work.model) != models.end();
    if (work.benchmark != place.benchmark || work.stage == "reduce" || !wanted) continue;
    for (std::size_t u = 0; u < work.files.size(); ++u) {
      if (row_number < work.first[u] || row_number >= work.last[u]) continue;
      out << work.model << " " << work.stage << " (" << work.files[u] << ")";
      if (!std::filesystem::exists(run.root() / work.files[u])) {
        out << ": not computed yet\n";
        continue;
      }
      const Record record = read_record(run.root() / work.files[u]).record;
      const auto row = row_of(record, key);
      out << (row ? "\n" : ": holds no row of this item\n");
      if (row) print_row(out, record, *row, record.values<std::string>("item/key").size());
    }
  }
}

}  // namespace vrp
