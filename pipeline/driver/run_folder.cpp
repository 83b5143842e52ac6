#include "pipeline/driver/run_folder.hpp"

#include <cerrno>
#include <set>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/driver/folder_list.hpp"
#include "pipeline/store/seal.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

/// Failed items as a unit file's own attributes say.
std::int64_t failed_in_file(const fs::path& file) {
  const Attributes attributes = read_attributes(file);
  const auto found = attributes.find("failed_items");
  std::int64_t failed = 0;
  if (found != attributes.end() && !parse_field(found->second, failed)) {
    fail(file.string(), ": attribute 'failed_items' is '", found->second, "', expected a number");
  }
  return failed;
}

}  // namespace

fs::path journal_path(const fs::path& root) { return root / "units.journal"; }

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {}

std::vector<bool> RunFolder::find_done(const Plan& plan, std::vector<std::string>* set_aside_list) {
  journal_ = read_journal(journal_path(root_));
  std::vector<bool> done(plan.units.size(), false);
  for (const auto& stage_cell : plan.stage_cells) {
    const std::vector<bool> found = in_folder(plan, stage_cell, set_aside_list);
    for (std::size_t i = 0; i < found.size(); ++i) done[stage_cell.units[i]] = found[i];
  }
  return done;
}

std::vector<bool> RunFolder::in_folder(const Plan& plan, const StageCell& stage_cell,
                                       std::vector<std::string>* set_aside_list) {
  std::vector<bool> done(stage_cell.units.size(), false);
  const FolderList folder = FolderList::open(root_ / stage_cell.folder);
  if (!folder.exists()) return done;
  ++work_.folders_listed;
  for (std::size_t i = 0; i < done.size(); ++i) {
    const std::string& file = plan.units[stage_cell.units[i]].file;
    const std::string name = file.substr(stage_cell.folder.size() + 1);
    if (!folder.has(name)) continue;
    const FileStamp now = folder.stamp(name);
    ++work_.files_looked_at;
    if (now == FileStamp{}) continue;  // gone since the folder was listed
    done[i] = is_whole(file, now);
    if (done[i]) continue;
    set_aside(file);
    if (set_aside_list != nullptr) set_aside_list->push_back(file);
  }
  return done;
}

bool RunFolder::is_whole(const std::string& file, FileStamp now) {
  const auto known = journal_.entries.find(file);
  const bool unchanged = known != journal_.entries.end() && known->second.stamp == now;
  if (unchanged && known->second.facts_known) return true;
  try {
    if (!unchanged) {
      ++work_.seals_checked;
      check_seal(root_ / file);
    }
    ++work_.attributes_read;
    JournalEntry entry{now, {}, true};
    if (known != journal_.entries.end()) entry.facts = known->second.facts;
    entry.facts.failed_items = failed_in_file(root_ / file);
    add_line(file, entry);
    write_notes();
    return true;
  } catch (const FileError& error) {
    if (error.number() != ENOENT) throw;  // of its content nothing is known
    return false;
  } catch (const Error&) {
    return false;
  }
}

bool RunFolder::commit(const Unit& unit, int rank, const Record& record,
                       const Attributes& attributes) const {
  const fs::path file = root_ / unit.file;
  if (file_exists(file)) return false;
  make_folders_in(root_, fs::path(unit.file).parent_path());
  fs::path part = file;
  part += ".part-" + std::to_string(rank);
  write_record(part, record, attributes);
  return commit_file(part, file);
}

void RunFolder::note(const std::string& file, const UnitFacts& facts) {
  note_later(file, facts);
  write_notes();
}

void RunFolder::note_later(const std::string& file, const UnitFacts& facts) {
  add_line(file, {stamp_of(root_ / file), facts, true});
}

void RunFolder::add_line(const std::string& file, const JournalEntry& entry) {
  journal_.entries[file] = entry;
  if (!unwritten_.empty()) unwritten_.push_back('\n');
  unwritten_ += journal_line(file, entry);
}

void RunFolder::write_notes() {
  if (unwritten_.empty()) return;
  const std::string lines = std::exchange(unwritten_, {});
  const std::string problem = writer_.append(journal_path(root_), lines);
  if (problem.empty() || warned_ || !warn_) return;
  warned_ = true;
  warn_(problem + "; finished units stay finished, the next start checks their files");
}

std::int64_t RunFolder::failed_items(const std::string& file) const {
  const auto known = journal_.entries.find(file);
  if (known != journal_.entries.end() && known->second.facts_known) {
    return known->second.facts.failed_items;
  }
  return failed_in_file(root_ / file);
}

void RunFolder::set_aside(const std::string& file, const std::string& suffix) const {
  const fs::path from = root_ / file;
  std::error_code error;
  fs::path to = from;
  to += suffix;
  for (int i = 2; fs::exists(to); ++i) {
    to = from;
    to += suffix + "-" + std::to_string(i);
  }
  fs::rename(from, to, error);
  if (error && fs::exists(from)) fail(from.string(), ": cannot be set aside: ", error.message());
}

void RunFolder::remove_parts(const Plan& plan) const {
  std::set<std::string> folders;
  for (const auto& stage_cell : plan.stage_cells) folders.insert(stage_cell.folder);
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_ / folder, error)) {
      if (entry.path().filename().string().find(".part-") != std::string::npos) {
        fs::remove(entry.path(), error);
      }
    }
  }
}

}  // namespace vrp
