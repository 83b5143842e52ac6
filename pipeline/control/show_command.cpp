// vrp show RUN --item KEY: everything a run knows of one item.
#include <cmath>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

/// Prints the values of every array of shape [item] or [item, few] at `row`.
void print_row(const Record& record, std::size_t row, std::size_t rows) {
  for (const auto& array : record.arrays()) {
    if (array.dims.empty() || array.dims[0] != "item" || array.size() == 0) continue;
    const std::size_t width = static_cast<std::size_t>(array.size()) / rows;
    if (width > 16) continue;
    std::cout << "  " << array.name << " =";
    std::visit(
        [&](const auto& values) {
          using T = typename std::decay_t<decltype(values)>::value_type;
          for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
            if constexpr (std::is_same_v<T, std::string>) {
              std::cout << " '" << excerpt(values[i], 200) << "'";
            } else if constexpr (std::is_same_v<T, Half>) {
              std::cout << " " << values[i].to_float();
            } else if constexpr (std::is_floating_point_v<T>) {
              std::isnan(values[i]) ? std::cout << " undefined" : std::cout << " " << values[i];
            } else {
              std::cout << " " << static_cast<long long>(values[i]);
            }
          }
        },
        array.data);
    std::cout << (array.units.empty() || array.units == "1" ? "" : " " + array.units) << "\n";
  }
}

bool show_cell(const std::filesystem::path& root, const WorkEntry& work, const std::string& key) {
  for (const auto& name : work.files) {
    if (!std::filesystem::exists(root / name)) continue;
    const Record record = read_record(root / name).record;
    const Array* keys = record.find("item/key");
    if (keys == nullptr) continue;
    const auto& values = std::get<std::vector<std::string>>(keys->data);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != key) continue;
      std::cout << work.model << " " << work.stage << " (" << name << ")\n";
      print_row(record, i, values.size());
      return true;
    }
  }
  return false;
}

}  // namespace

int show_command(const Arguments& arguments) {
  std::string run;
  std::string item;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--item" && i + 1 < arguments.size()) {
      item = arguments[++i];
    } else if (run.empty() && arguments[i][0] != '-') {
      run = arguments[i];
    } else {
      std::cout << "Usage: vrp show RUN --item KEY\n"
                   "KEY is benchmark/split/id as in the item table, or the id alone.\n";
      return arguments[i] == "--help" ? 0 : static_cast<int>(ExitCode::usage);
    }
  }
  if (run.empty() || item.empty()) fail_usage("vrp show: expected RUN --item KEY");
  const Json manifest = read_manifest(run);
  std::vector<std::string> near;
  bool found = false;
  for (const auto& [name, facts] : manifest.at("benchmarks").items()) {
    const ItemTable table =
        read_item_table(std::filesystem::path(run) / facts.at("table").get<std::string>());
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (table.key[i] != item && table.id[i] != item) {
        if (near.size() < 5000) near.push_back(table.key[i]);
        continue;
      }
      found = true;
      std::cout << table.key[i] << "\n  image = " << table.image[i]
                << "\n  question = " << excerpt(table.question[i], 500)
                << "\n  reference = " << excerpt(table.answer[i], 200)
                << "\n  type = " << table.type[i] << "\n";
      for (const auto& work : work_of(manifest)) {
        if (work.benchmark == name && work.stage != "reduce") show_cell(run, work, table.key[i]);
      }
    }
  }
  if (!found) {
    const std::string best = nearest(item, near);
    fail(run, ": no item '", item, "'", best.empty() ? "" : concat("; did you mean '", best, "'?"));
  }
  return 0;
}

}  // namespace vrp
