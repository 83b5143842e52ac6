#include "pipeline/control/score_cells.hpp"

#include <algorithm>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

bool labels_need(const std::string& name) {
  return name == "item/key" || name == "item/status" || name == "item/reason" ||
         name == "answer/text" || name == "answer/length" || name == "answer/ended" ||
         name.starts_with("choice/");
}

void require(const std::vector<std::string>& names, const std::string& name, const char* what,
             const fs::path& root) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string near = nearest(name, names);
  fail_usage(root.string(), ": the run has no ", what, " '", excerpt(name), "'",
             near.empty() ? "; it has " + join(names, ", ") : "; did you mean '" + near + "'?");
}

/// Setting of the last start, "" when it was not set.
std::string setting(const Json& manifest, const std::string& section, const char* key) {
  const Json settings = manifest.value("settings", Json::object());
  if (!settings.contains(section) || !settings.at(section).contains(key)) return "";
  return settings.at(section).at(key).value("value", "");
}

}  // namespace

StoredRun::StoredRun(fs::path root) : root_(std::move(root)), manifest_(read_manifest(root_)) {
  for (WorkEntry& work : work_of(manifest_))
    if (work.stage == "capture") work_.push_back(std::move(work));
  if (work_.empty())
    fail(root_.string(), ": the run has no stage capture, so that there are no answers to label");
}

std::vector<std::string> StoredRun::benchmarks() const {
  std::vector<std::string> out;
  for (const WorkEntry& work : work_)
    if (std::find(out.begin(), out.end(), work.benchmark) == out.end())
      out.push_back(work.benchmark);
  return out;
}

std::vector<std::string> StoredRun::models() const {
  std::vector<std::string> out;
  for (const WorkEntry& work : work_)
    if (std::find(out.begin(), out.end(), work.model) == out.end()) out.push_back(work.model);
  return out;
}

void StoredRun::require_benchmark(const std::string& name) const {
  require(benchmarks(), name, "benchmark", root_);
}

void StoredRun::require_model(const std::string& name) const {
  require(models(), name, "model", root_);
}

const ItemTable& StoredRun::table(const std::string& benchmark) {
  const auto found = tables_.find(benchmark);
  if (found != tables_.end()) return found->second;
  return tables_.emplace(benchmark, read_table(benchmark)).first->second;
}

ItemTable StoredRun::read_table(const std::string& benchmark) const {
  const Json& facts = json_at(json_at(manifest_, "benchmarks", root_.string()), benchmark.c_str(),
                              (root_ / "manifest.json").string());
  const fs::path file = root_ / json_text(facts, "table", (root_ / "manifest.json").string());
  return read_item_table(file);
}

std::vector<bool> StoredRun::answered(const std::string& model, const std::string& benchmark,
                                      const ItemTable& table) const {
  const StoredCell stored = cell(model, benchmark);
  const auto& key = stored.capture.values<std::string>("item/key");
  const auto& status = stored.capture.values<std::int32_t>("item/status");
  std::set<std::string> answers;
  for (std::size_t i = 0; i < key.size(); ++i)
    if (status[i] != 1) answers.insert(key[i]);
  std::vector<bool> out;
  for (const std::string& item : table.key) out.push_back(answers.contains(item));
  return out;
}

bool StoredRun::has_cell(const std::string& model, const std::string& benchmark) const {
  return std::any_of(work_.begin(), work_.end(), [&](const WorkEntry& work) {
    return work.model == model && work.benchmark == benchmark;
  });
}

std::size_t StoredRun::finished(const std::string& model, const std::string& benchmark) const {
  std::size_t out = 0;
  for (const WorkEntry& work : work_)
    if (work.model == model && work.benchmark == benchmark)
      out += static_cast<std::size_t>(
          std::count_if(work.files.begin(), work.files.end(),
                        [&](const std::string& name) { return fs::exists(root_ / name); }));
  return out;
}

StoredCell StoredRun::cell(const std::string& model, const std::string& benchmark) const {
  StoredCell out{model, benchmark, {}, 0, 0};
  std::vector<Record> parts;
  for (const WorkEntry& work : work_) {
    if (work.model != model || work.benchmark != benchmark) continue;
    out.units += work.files.size();
    for (const std::string& name : work.files) {
      if (!fs::exists(root_ / name)) continue;
      parts.push_back(read_arrays(root_ / name, labels_need));
      ++out.units_there;
    }
  }
  if (parts.empty())
    fail(root_.string(), ": no unit of stage capture of ", model, " on ", benchmark,
         " is finished yet, expected at least one of ", out.units);
  out.capture = concatenate(parts);
  return out;
}

fs::path StoredRun::reviews(const ScoreFile& file, const std::string& model,
                            const std::string& benchmark) const {
  const auto given = file.reviews.find(model + "/" + benchmark);
  if (given != file.reviews.end()) return root_ / given->second;
  for (const std::string& section : {"benchmark:" + benchmark, std::string("benchmark:*")}) {
    std::string name = setting(manifest_, section, "reviews");
    if (name.empty()) continue;
    const std::string mark = "{model}";
    if (const auto at = name.find(mark); at != std::string::npos)
      name.replace(at, mark.size(), model);
    return fs::exists(name) ? fs::path(name) : fs::path();
  }
  return {};
}

}  // namespace vrp
