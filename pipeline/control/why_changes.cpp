#include "pipeline/control/why_changes.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/folder_list.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

Fields fields_from(const Json& object) {
  Fields out;
  if (!object.is_object()) return out;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) out[name] = value.get<std::string>();
  }
  return out;
}

std::size_t unit_files(const FolderList& list) {
  return static_cast<std::size_t>(std::count_if(
      list.names().begin(), list.names().end(),
      [](const std::string& name) { return name.starts_with("unit-") && name.ends_with(".h5"); }));
}

class Finder {
 public:
  Finder(const fs::path& root, const std::vector<WorkEntry>& work)
      : root_(root), work_(work), kept_(fields_of_manifest(root)) {
    for (const WorkEntry& entry : work) wanted_[entry.folder] = &entry;
  }

  std::vector<Change> find() {
    std::vector<Change> out;
    for (const WorkEntry& entry : work_) {
      Change change;
      change.work = &entry;
      const FolderList list = FolderList::open(root_ / entry.folder);
      for (const std::string& file : entry.files)
        change.done += list.has(file.substr(entry.folder.size() + 1)) ? 1 : 0;
      if (change.done == entry.files.size()) continue;
      find_before(change);
      if (!change.before.empty()) {
        std::set<FieldChange> roots;
        std::set<std::string> untraced, seen;
        trace(change.before, entry, roots, untraced, seen);
        change.roots.assign(roots.begin(), roots.end());
        change.untraced.assign(untraced.begin(), untraced.end());
      }
      out.push_back(std::move(change));
    }
    return out;
  }

 private:
  /// The sibling STAGE@OTHER that was written last.
  void find_before(Change& change) const {
    const fs::path cell = fs::path(change.work->folder).parent_path();
    const std::string prefix = change.work->stage + "@";
    FileStamp newest;
    const FolderList siblings = FolderList::open(root_ / cell);
    std::set<std::string> names(siblings.names().begin(), siblings.names().end());
    for (const std::string& name : names) {
      const std::string folder = (cell / name).string();
      if (!name.starts_with(prefix) || wanted_.contains(folder)) continue;
      const std::size_t units = unit_files(FolderList::open(root_ / folder));
      const FileStamp stamp = siblings.stamp(name);
      if (units == 0 || stamp.nanoseconds < newest.nanoseconds) continue;
      newest = stamp;
      change.before = folder;
      change.before_units = units;
    }
  }

  void trace(const std::string& before, const WorkEntry& now, std::set<FieldChange>& roots,
             std::set<std::string>& untraced, std::set<std::string>& seen) const {
    if (!seen.insert(before + " " + now.folder).second) return;
    const Fields old = fields_of_folder(root_, before, kept_);
    if (old.empty()) {
      untraced.insert(before);
      return;
    }
    const Fields fields = fields_from(now.fingerprint);
    std::set<std::string> names;
    for (const auto& entry : old) names.insert(entry.first);
    for (const auto& entry : fields) names.insert(entry.first);
    for (const std::string& name : names) {
      const auto a = old.find(name), b = fields.find(name);
      const bool had = a != old.end(), has = b != fields.end();
      if (had && has && a->second == b->second) continue;
      std::string stage, benchmark;
      if (had && has && upstream_field(name, stage, benchmark)) {
        const std::string cell = now.model + "/" + benchmark + "/" + stage + "@";
        const auto upstream = wanted_.find(cell + b->second);
        if (upstream != wanted_.end()) {
          trace(cell + a->second, *upstream->second, roots, untraced, seen);
          continue;
        }
      }
      roots.insert(
          {now.stage, now.benchmark, name, had ? a->second : "", has ? b->second : "", had, has});
    }
  }

  const fs::path& root_;
  const std::vector<WorkEntry>& work_;
  std::map<std::string, Fields> kept_;
  std::map<std::string, const WorkEntry*> wanted_;
};

}  // namespace

bool FieldChange::operator<(const FieldChange& o) const {
  return std::tie(stage, field, benchmark, before, now) <
         std::tie(o.stage, o.field, o.benchmark, o.before, o.now);
}

bool upstream_field(const std::string& field, std::string& stage, std::string& benchmark) {
  constexpr std::string_view prefix = "upstream ", middle = " of ";
  const std::size_t at = field.find(middle);
  if (!field.starts_with(prefix) || at == std::string::npos) return false;
  stage = field.substr(prefix.size(), at - prefix.size());
  benchmark = field.substr(at + middle.size());
  return true;
}

Fields fields_of_folder(const fs::path& root, const std::string& folder,
                        const std::map<std::string, Fields>& kept) {
  Fields fields = fields_from(read_fingerprint(root / folder));
  if (!fields.empty()) return fields;
  const auto found = kept.find(folder);
  return found != kept.end() ? found->second : Fields();
}

std::map<std::string, Fields> fields_of_manifest(const fs::path& root) {
  std::map<std::string, Fields> out;
  try {
    for (const WorkEntry& entry : work_of(read_manifest(root)))
      out[entry.folder] = fields_from(entry.fingerprint);
  } catch (const std::exception&) {
    out.clear();  // the folders' own files tell
  }
  return out;
}

std::vector<Change> find_changes(const fs::path& root, const std::vector<WorkEntry>& work) {
  return Finder(root, work).find();
}

}  // namespace vrp
