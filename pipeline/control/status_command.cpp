// vrp status RUN: how far a run is, from file names and file attributes alone.
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

constexpr std::size_t kReasonsShown = 10;

/// Reasons of failed items in a unit file, with the item's key.
void add_reasons(const std::filesystem::path& file, std::vector<std::string>& reasons) {
  const Record record = read_record(file).record;
  const auto& status = record.values<std::int32_t>("item/status");
  const auto& reason = record.values<std::string>("item/reason");
  const auto& key = record.values<std::string>("item/key");
  for (std::size_t i = 0; i < status.size() && reasons.size() < kReasonsShown; ++i) {
    if (status[i] == 1) reasons.push_back(key[i] + ": " + reason[i]);
  }
}

}  // namespace

int status_command(const Arguments& arguments) {
  if (arguments.size() != 1 || arguments[0] == "--help") {
    std::cout << "Usage: vrp status RUN\nHow far a run is, who holds it, and what failed.\n";
    return arguments.size() == 1 ? 0 : static_cast<int>(ExitCode::usage);
  }
  const std::filesystem::path root = arguments[0];
  const Json manifest = read_manifest(root);
  std::vector<std::vector<std::string>> rows{
      {"model", "benchmark", "stage", "units", "done", "items", "failed"}};
  std::vector<std::string> reasons;
  std::size_t units = 0;
  std::size_t done = 0;
  for (const auto& work : work_of(manifest)) {
    std::size_t finished = 0;
    std::int64_t items = 0;
    std::int64_t failed = 0;
    for (std::size_t u = 0; u < work.files.size(); ++u) {
      const auto file = root / work.files[u];
      if (!std::filesystem::exists(file)) continue;
      ++finished;
      items += work.last[u] - work.first[u];
      const Attributes attributes = read_attributes(file);
      const auto found = attributes.find("failed_items");
      if (found != attributes.end() && found->second != "0") {
        failed += std::stoll(found->second);
        if (reasons.size() < kReasonsShown) add_reasons(file, reasons);
      }
    }
    units += work.files.size();
    done += finished;
    rows.push_back({work.model, work.benchmark, work.stage, std::to_string(work.files.size()),
                    std::to_string(finished), std::to_string(items), std::to_string(failed)});
  }
  const std::string live = live_owner(root, 10);
  std::cout << "sweep " << manifest.value("sweep", "") << ": " << done << " of " << units
            << " units done" << (manifest.value("partial", false) ? ", PARTIAL" : "") << "\n"
            << (live.empty() ? "no live run" : "live run: " + live) << "\n"
            << columns_text(rows);
  for (const auto& reason : reasons) std::cout << "failed " << reason << "\n";
  return 0;
}

}  // namespace vrp
