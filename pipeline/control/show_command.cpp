// vrp show RUN --item ID: what a run knows of one item.
#include <filesystem>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/report_script.hpp"
#include "pipeline/control/show_account.hpp"
#include "pipeline/control/show_arrays.hpp"
#include "pipeline/control/show_chart.hpp"
#include "pipeline/control/show_options.hpp"
#include "pipeline/control/show_text.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

/// Text from items may hold any bytes; JSON holds valid UTF-8 only.
std::string json_text(const Json& account) {
  return account.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Hands the account to tools/report, which adds pictures and maps.
int write_page(const ShowOptions& options, const Json& account) {
  const fs::path facts = options.page + ".json.part";
  if (const fs::path folder = fs::path(options.page).parent_path(); !folder.empty())
    make_folders(folder);
  write_atomically(facts, json_text(account));
  const auto clear = [&] {
    std::error_code ignored;
    fs::remove(facts, ignored);
  };
  try {
    const int status = run_report_script("vrp show", "item_page.py",
                                         {options.run, facts.string(), "--out", options.page});
    clear();
    return status;
  } catch (...) {
    clear();
    throw;
  }
}

}  // namespace

int show_command(const Arguments& arguments) {
  const ShowOptions options = parse_show_options(arguments);
  if (options.help) {
    std::cout << show_help();
    return 0;
  }
  StoredRun run(options.run);
  const ItemPlace place = find_item(run, options.item, options.benchmark);
  if (options.all) {
    print_arrays(std::cout, run, place, options.models);
    return 0;
  }
  const Json account = item_account(run, place, options.models);
  if (!options.page.empty()) return write_page(options, account);
  if (options.json)
    std::cout << json_text(account);
  else
    print_account(std::cout, account, unicode_terminal());
  return 0;
}

}  // namespace vrp
