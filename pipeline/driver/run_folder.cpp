#include "pipeline/driver/run_folder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/store/seal.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {
constexpr const char* kJournal = "units.journal";
}

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {}

RunFolder::Stamp RunFolder::stamp(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {static_cast<std::uintmax_t>(facts.st_size),
          std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

std::vector<bool> RunFolder::find_done(const Plan& plan, std::vector<std::string>* set_aside_list) {
  std::map<std::string, Stamp> journal;
  std::ifstream in(root_ / kJournal);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string file;
    Stamp known;
    if (words >> known.bytes >> known.nanoseconds && std::getline(words >> std::ws, file)) {
      journal[file] = known;
    }
  }
  std::vector<bool> done(plan.units.size(), false);
  for (const auto& unit : plan.units) {
    const fs::path file = root_ / unit.file;
    const Stamp now = stamp(file);
    if (now == Stamp{}) continue;
    const auto known = journal.find(unit.file);
    if (known == journal.end() || !(known->second == now)) {
      try {
        check_seal(file);
        note(unit.file);
      } catch (const Error&) {
        set_aside(unit.file);
        if (set_aside_list != nullptr) set_aside_list->push_back(unit.file);
        continue;
      }
    }
    done[unit.id] = true;
  }
  return done;
}

bool RunFolder::commit(const Unit& unit, int rank, const Record& record,
                       const Attributes& attributes) const {
  const fs::path file = root_ / unit.file;
  if (fs::exists(file)) return false;
  make_folders(file.parent_path());
  fs::path part = file;
  part += ".part-" + std::to_string(rank);
  write_record(part, record, attributes);
  return commit_file(part, file);
}

void RunFolder::note(const std::string& file, const UnitFacts&) {
  const Stamp now = stamp(root_ / file);
  std::ofstream out(root_ / kJournal, std::ios::app);
  out << concat(now.bytes, " ", now.nanoseconds, " ", file, "\n") << std::flush;
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
