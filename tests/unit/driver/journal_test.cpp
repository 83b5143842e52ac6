// The journal of finished units, and what a start reads of a run's folder.
#include "pipeline/driver/journal.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "tests/unit/driver/run_fixture.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

/// Commits and notes every unit of the plan but the last.
void fill(RunFolder& folder, const Plan& plan) {
  for (std::size_t i = 0; i + 1 < plan.units.size(); ++i) {
    folder.commit(plan.units[i], 0, small(1), {{"failed_items", i == 1 ? "2" : "0"}});
    folder.note(plan.units[i].file, {i == 1 ? 2 : 0, 0.25, "node17"});
  }
}

std::size_t lines(const fs::path& file) {
  const std::string text = read_text(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a line of the journal reads back as it was written", "[journal]") {
  const Folder at;
  const fs::path file = at.path / "units.journal";
  JournalWriter writer;
  CHECK(writer.append(file, journal_line("m/a/s@1/unit-000000.h5",
                                         {{812, 17959741764}, {3, 1.5, "node17"}})) == "");
  CHECK(writer.append(file, journal_line("m/a/s@1/unit-000001.h5", {{9, 8}, {0, 0, "a host"}})) ==
        "");
  const Journal journal = read_journal(file);
  CHECK(journal.unreadable == 0);
  REQUIRE(journal.entries.size() == 2);
  const JournalEntry& first = journal.entries.at("m/a/s@1/unit-000000.h5");
  CHECK(first.stamp == FileStamp{812, 17959741764});
  CHECK((first.facts.failed_items == 3 && first.facts.seconds == 1.5));
  CHECK((first.facts.host == "node17" && first.facts_known));
  CHECK(journal.entries.at("m/a/s@1/unit-000001.h5").facts.host == "");
  CHECK(read_text(file).starts_with("# vrp journal 2: "));
}

TEST_CASE("lines of version 1, torn and damaged lines: what can be read is read", "[journal]") {
  const Folder at;
  const fs::path file = at.path / "units.journal";
  std::ofstream(file) << "10 20 m/a/s@1/unit-000000.h5\n"
                      << "11 21 0 nan node m/a/s@1/unit-000001.h5\n"
                      << "garbage \x01\xff line\n"
                      << "11 21 -1 2 node m/a/s@1/unit-000001.h5\n"
                      << "12 22 0 0.5 - m/a/s@1/unit-000002.h5 tail\n"
                      << "99999999999999999999999 1 m/a/s@1/unit-000003.h5\n"
                      << "12 22 0 0.5 - m/a/s@1/unit-000002.h5\n"
                      << "13 23 1 0.5 - m/a/s@1/unit-000002.h5\n"
                      << "14 24 0 0.5 node m/a/s@1/unit-0";
  const Journal journal = read_journal(file);
  CHECK(journal.entries.size() == 2);
  CHECK(journal.unreadable == 6);
  CHECK_FALSE(journal.entries.at("m/a/s@1/unit-000000.h5").facts_known);
  CHECK(journal.entries.at("m/a/s@1/unit-000002.h5").stamp == FileStamp{13, 23});  // the newest
  JournalWriter writer;  // does not join its line to the torn one
  CHECK(writer.append(file, "15 25 0 0.5 node m/a/s@1/unit-000004.h5") == "");
  CHECK(read_journal(file).entries.contains("m/a/s@1/unit-000004.h5"));
}

TEST_CASE("a start opens no file that the journal knows", "[journal][run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  const std::size_t finished = plan.units.size() - 1;
  {
    RunFolder folder(at.path);
    fill(folder, plan);
  }
  RunFolder folder(at.path);
  const auto done = folder.find_done(plan);
  CHECK(static_cast<std::size_t>(std::count(done.begin(), done.end(), true)) == finished);
  CHECK(folder.work().files_looked_at == finished);
  CHECK(folder.work().folders_listed <= plan.stage_cells.size());
  CHECK(folder.work().seals_checked == 0);
  CHECK(folder.work().attributes_read == 0);
  CHECK(folder.failed_items(plan.units[1].file) == 2);
  CHECK(lines(journal_path(at.path)) == finished + 1);
}

TEST_CASE("a lost journal is rebuilt from the files, once", "[journal][run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  const std::size_t finished = plan.units.size() - 1;
  RunFolder writer(at.path);
  fill(writer, plan);
  fs::remove(journal_path(at.path));
  RunFolder first(at.path);
  const auto done = first.find_done(plan);
  CHECK(static_cast<std::size_t>(std::count(done.begin(), done.end(), true)) == finished);
  CHECK(first.work().seals_checked == finished);
  CHECK(first.failed_items(plan.units[1].file) == 2);
  RunFolder second(at.path);
  CHECK(second.find_done(plan) == done);
  CHECK(second.work().seals_checked == 0);
  CHECK(second.work().attributes_read == 0);
  CHECK(second.failed_items(plan.units[1].file) == 2);
}

TEST_CASE("a journal of version 1 costs one look at each file's attributes", "[journal]") {
  const Folder at;
  const Plan plan = toy::plan();
  {
    RunFolder folder(at.path);
    fill(folder, plan);
  }
  const Journal known = read_journal(journal_path(at.path));
  {
    std::ofstream old(journal_path(at.path));
    for (const auto& [file, entry] : known.entries)
      old << entry.stamp.bytes << " " << entry.stamp.nanoseconds << " " << file << "\n";
  }
  RunFolder first(at.path);
  first.find_done(plan);
  CHECK(first.work().seals_checked == 0);
  CHECK(first.work().attributes_read == known.entries.size());
  CHECK(first.failed_items(plan.units[1].file) == 2);
  RunFolder second(at.path);
  second.find_done(plan);
  CHECK(second.work().attributes_read == 0);
}

TEST_CASE("a journal that cannot be written is said once and costs only a check", "[journal]") {
  const Folder at;
  const Plan plan = toy::plan();
  fs::create_directories(journal_path(at.path));  // a folder in its place: no write can succeed
  std::vector<std::string> said;
  RunFolder folder(at.path);
  folder.warn_by([&](const std::string& line) { said.push_back(line); });
  fill(folder, plan);
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Contains("units.journal: cannot be opened to append: "));
  fs::remove(journal_path(at.path));
  RunFolder next(at.path);
  const auto done = next.find_done(plan);
  CHECK(std::count(done.begin(), done.end(), true) + 1 == std::ssize(plan.units));
  CHECK(next.work().seals_checked == plan.units.size() - 1);
}

TEST_CASE("a folder of units that cannot be listed is an error, not a folder without units",
          "[run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  fs::create_directories((at.path / plan.stage_cells[0].folder).parent_path());
  std::ofstream(at.path / plan.stage_cells[0].folder) << "a file";
  RunFolder folder(at.path);
  CHECK_THROWS_WITH(folder.find_done(plan), Catch::Contains("cannot be listed"));
}

TEST_CASE("a file of units in the manifest is a rule, and reads back as the plan's names",
          "[manifest]") {
  for (const std::int64_t limit : {0, 3, 4, 6}) {
    const Plan plan = toy::plan({.limit = limit, .parts = {"x", "y"}});
    Sweep sweep;
    const Json manifest = make_manifest(sweep, plan, Json::object(), Json::object(), nullptr);
    const auto work = work_of(manifest);
    REQUIRE(work.size() == plan.stage_cells.size());
    for (std::size_t w = 0; w < work.size(); ++w) {
      const auto& ids = plan.stage_cells[w].units;
      REQUIRE(work[w].files.size() == ids.size());
      for (std::size_t u = 0; u < ids.size(); ++u) {
        CHECK(work[w].files[u] == plan.units[ids[u]].file);
        CHECK(work[w].first[u] == plan.units[ids[u]].first);
        CHECK(work[w].last[u] == plan.units[ids[u]].last);
      }
    }
    CHECK((limit == 3 || manifest.at("work")[0].contains("units")));
  }
  Json damaged = {{"work",
                   {{{"model", "m"},
                     {"benchmark", "a"},
                     {"stage", "s"},
                     {"folder", "f"},
                     {"fingerprint", Json::object()},
                     {"units", {{"count", 3}, {"items", 100}, {"unit_items", 10}}}}}}};
  CHECK_THROWS_WITH(work_of(damaged), Catch::Contains("3 units of 10 items for 100 items"));
}

TEST_CASE("a folder of units tells what its fingerprint was made of", "[manifest]") {
  const Folder at;
  const Plan plan = toy::plan();
  write_fingerprints(at.path, plan);
  for (const auto& stage_cell : plan.stage_cells) {
    CHECK(read_fingerprint(at.path / stage_cell.folder) == Json(stage_cell.fingerprint.fields));
  }
  const fs::path first = at.path / plan.stage_cells[0].folder;
  std::ofstream(first / "fingerprint.json") << "{";
  CHECK(read_fingerprint(first).is_null());
  write_fingerprints(at.path, plan);  // what is there is not written again
  CHECK(read_fingerprint(first).is_null());
}
