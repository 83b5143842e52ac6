#include "pipeline/control/why_unit.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/run_events.hpp"
#include "pipeline/control/status_text.hpp"
#include "pipeline/control/why_changes.hpp"
#include "pipeline/driver/folder_list.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "pipeline/store/seal.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kShown = 5;

/// The lines about attempts at the unit that failed, or that hung at it.
std::string trouble_of(const RunEvents& events, const std::string& file) {
  std::string out;
  for (const RunEvent& event : events.trouble) {
    if (event.file != file) continue;
    out += concat("  ", event.kind == "hung" ? "hung" : "failed", " on rank ", event.rank,
                  event.host.empty() ? "" : " of " + event.host, " at ",
                  event.when.empty() ? "an unknown time" : event.when,
                  event.reason.empty() ? "" : ": " + event.reason, "\n");
  }
  return out;
}

/// NAME.bad, NAME.bad-2, NAME.retried ... beside the unit.
std::string set_aside_of(const fs::path& root, const UnitPlace& unit) {
  const std::string name = fs::path(unit.file()).filename().string();
  std::vector<std::string> found, parts;
  const FolderList folder = FolderList::open(root / unit.work->folder);
  for (const std::string& other : folder.names()) {
    if (!other.starts_with(name + ".")) continue;
    (other.find(".part-") != other.npos ? parts : found).push_back(other);
  }
  std::sort(found.begin(), found.end());
  std::string out;
  for (const std::string& other : found) {
    out += "  set aside earlier: " + other +
           (other.find(".bad") != other.npos ? ", damaged" : ", to be computed again") + "\n";
  }
  if (!parts.empty())
    out += "  half written by a run that lives or was killed: " + join(parts, ", ") + "\n";
  return out;
}

std::string done_text(const fs::path& root, const UnitPlace& unit, const FileStamp& stamp) {
  const Journal journal = read_journal(journal_path(root));
  const auto known = journal.entries.find(unit.file());
  std::string out;
  try {
    check_seal(root / unit.file());
    out = unit.file() + ": done, " + std::to_string(stamp.bytes) + " bytes, whole\n";
  } catch (const Error& error) {
    return unit.file() + ": damaged: " + error.what() +
           "\n  the next start sets it aside and computes it again\n";
  }
  if (known == journal.entries.end() || !known->second.facts_known) return out;
  const UnitFacts& facts = known->second.facts;
  return out + concat("  ", facts.failed_items, " failed items",
                      facts.seconds > 0 ? ", took " + duration_text(facts.seconds) : "",
                      facts.host.empty() ? "" : ", on " + facts.host, "\n");
}

}  // namespace

UnitPlace find_unit(const std::vector<WorkEntry>& work, const std::string& name) {
  UnitPlace found;
  std::vector<std::string> fits;
  for (const WorkEntry& entry : work) {
    for (std::size_t u = 0; u < entry.files.size(); ++u) {
      const std::string& file = entry.files[u];
      if (file == name) return {&entry, u};
      if (!file.ends_with("/" + name)) continue;
      fits.push_back(file);
      found = {&entry, u};
    }
  }
  if (fits.size() == 1) return found;
  if (fits.empty()) {
    fail_usage("no unit of the plan is '", excerpt(name),
               "'; expected MODEL/BENCHMARK/STAGE@FINGERPRINT/unit-NNNNNN.h5 of this plan, or an "
               "end of it that fits one alone");
  }
  fits.resize(std::min(fits.size(), kShown));
  fail_usage("several units are '", excerpt(name), "': ", join(fits, ", "), " ...");
}

std::vector<UnitPlace> upstream_of(const std::vector<WorkEntry>& work, const UnitPlace& unit) {
  std::map<std::string, const WorkEntry*> by_folder;
  for (const WorkEntry& entry : work) by_folder[entry.folder] = &entry;
  const std::int64_t first = unit.work->first[unit.index], last = unit.work->last[unit.index];
  // A unit of all items of its cell reads all of upstream; so does one of a pooled cell.
  const bool all = unit.work->pooled || (first == 0 && last == unit.work->last.back());
  std::vector<UnitPlace> out;
  for (const auto& [field, hash] : unit.work->fingerprint.items()) {
    std::string stage, benchmark;
    if (!upstream_field(field, stage, benchmark) || !hash.is_string()) continue;
    const auto found = by_folder.find(unit.work->model + "/" + benchmark + "/" + stage + "@" +
                                      hash.get<std::string>());
    if (found == by_folder.end()) continue;
    const WorkEntry& up = *found->second;
    for (std::size_t u = 0; u < up.files.size(); ++u) {
      if (all || (up.first[u] < last && up.last[u] > first)) out.push_back({&up, u});
    }
  }
  return out;
}

std::string why_unit(const fs::path& root, const std::vector<WorkEntry>& work,
                     const UnitPlace& unit) {
  const FileStamp stamp = stamp_of(root / unit.file());
  const RunEvents events = read_run_events(root / "events.jsonl");
  if (!(stamp == FileStamp{}))
    return done_text(root, unit, stamp) + set_aside_of(root, unit) +
           trouble_of(events, unit.file());
  std::string out = unit.file() + ": not done\n" + set_aside_of(root, unit);
  const std::string trouble = trouble_of(events, unit.file());
  std::vector<UnitPlace> missing;
  const std::vector<UnitPlace> upstream = upstream_of(work, unit);
  std::map<std::string, FolderList> folders;
  for (const UnitPlace& up : upstream) {
    auto [at, fresh] = folders.try_emplace(up.work->folder);
    if (fresh) at->second = FolderList::open(root / up.work->folder);
    if (!at->second.has(fs::path(up.file()).filename().string())) missing.push_back(up);
  }
  if (!missing.empty()) {
    out +=
        concat("  waits for ", missing.size(), " of the ", upstream.size(), " units it reads:\n");
    for (std::size_t i = 0; i < missing.size() && i < kShown; ++i) {
      const std::string reason = trouble_of(events, missing[i].file());
      out += "    " + missing[i].file() + (reason.empty() ? "" : ", which failed:") + "\n";
      if (!reason.empty()) out += "    " + reason;
    }
    if (missing.size() > kShown) out += concat("    ... and ", missing.size() - kShown, " more\n");
  } else if (!upstream.empty()) {
    out += concat("  all ", upstream.size(), " units that it reads are done\n");
  }
  out += trouble;
  if (missing.empty() && trouble.empty()) {
    const std::string live = live_owner(root, 10);
    out += live.empty()
               ? "  nothing failed: the run ended before it; the same command computes it\n"
               : "  nothing failed: it is at work, or its turn has not come (" + live + ")\n";
  }
  return out;
}

}  // namespace vrp
