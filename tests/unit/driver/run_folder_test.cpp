#include "pipeline/driver/run_folder.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/driver/manifest.hpp"
#include "tests/unit/driver/run_fixture.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

TEST_CASE("a unit is done when its final name exists, and is never overwritten", "[run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  RunFolder folder(at.path);
  CHECK(folder.commit(plan.units[0], 0, small(1), {}));
  CHECK_FALSE(folder.commit(plan.units[0], 1, small(2), {}));
  CHECK(read_record(at.path / plan.units[0].file).record.as_double("x/value")[0] == 1);
  const auto done = folder.find_done(plan);
  CHECK(done[0]);
  CHECK(std::count(done.begin(), done.end(), true) == 1);
}

TEST_CASE("parts of killed runs are not results and are removed", "[run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  RunFolder folder(at.path);
  folder.commit(plan.units[0], 0, small(1), {});
  const fs::path part = at.path / (plan.units[1].file + ".part-3");
  std::ofstream(part) << "half a file";
  CHECK_FALSE(folder.find_done(plan)[1]);
  folder.remove_parts(plan);
  CHECK_FALSE(fs::exists(part));
  CHECK(fs::exists(at.path / plan.units[0].file));
}

TEST_CASE("a damaged unit is set aside and listed, a second time under another name",
          "[run_folder]") {
  const Folder at;
  const Plan plan = toy::plan();
  RunFolder folder(at.path);
  for (int round = 0; round < 2; ++round) {
    folder.commit(plan.units[0], 0, small(1), {});
    folder.note(plan.units[0].file);
    fs::resize_file(at.path / plan.units[0].file, 700);
    std::vector<std::string> aside;
    CHECK_FALSE(folder.find_done(plan, &aside)[0]);
    CHECK(aside == std::vector<std::string>{plan.units[0].file});
  }
  CHECK(fs::exists(at.path / (plan.units[0].file + ".bad")));
  CHECK(fs::exists(at.path / (plan.units[0].file + ".bad-2")));
}

TEST_CASE("a folder that holds other things or another sweep is refused", "[manifest]") {
  const Folder at;
  CHECK(check_folder(at.path / "new", "demo").is_null());
  std::ofstream(at.path / "thesis.tex") << "text";
  CHECK_THROWS_WITH(check_folder(at.path, "demo"), Catch::Contains("thesis.tex"));
  std::ofstream(at.path / "manifest.json") << R"({"sweep": "paper"})";
  CHECK(check_folder(at.path, "paper").at("sweep") == "paper");
  try {
    check_folder(at.path, "demo");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::foreign_folder);
  }
}

TEST_CASE("a checkpoint's hash follows its files' contents, not their times", "[checkpoint]") {
  const Folder at;
  CHECK_THROWS_WITH(hash_checkpoint(at.path / "none", nullptr), Catch::Contains("does not exist"));
  CHECK_THROWS_WITH(hash_checkpoint(at.path, nullptr), Catch::Contains("config.json"));
  std::ofstream(at.path / "config.json") << "{}";
  std::ofstream(at.path / "model.safetensors") << "weights";
  std::ofstream(at.path / "README.md") << "not part of it";
  const Json first = hash_checkpoint(at.path, nullptr);
  CHECK(first.at("files").size() == 2);
  fs::last_write_time(at.path / "config.json",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(hash_checkpoint(at.path, first).at("hash") == first.at("hash"));
  std::ofstream(at.path / "model.safetensors") << "Weights";
  CHECK(hash_checkpoint(at.path, first).at("hash") != first.at("hash"));
}

TEST_CASE("a damaged memory of a checkpoint's hashes is made again", "[checkpoint]") {
  const Folder at;
  std::ofstream(at.path / "config.json") << "{}";
  const Json whole = hash_checkpoint(at.path, nullptr);
  const auto with = [&](const std::string& pointer, const Json& value) {
    Json damaged = whole;
    damaged[Json::json_pointer(pointer)] = value;
    CHECK(hash_checkpoint(at.path, damaged) == whole);
  };
  with("", 3);
  with("/files", Json::array({1}));
  with("/files/config.json", "x");
  for (const char* field : {"bytes", "modified", "xxh3", "sha256"}) {
    with(concat("/files/config.json/", field), Json::array());
  }
  Json short_one = whole;
  short_one["files"]["config.json"].erase("xxh3");
  CHECK(hash_checkpoint(at.path, short_one) == whole);
}

TEST_CASE("a checkpoint that changes while a job runs is noticed before it is loaded",
          "[checkpoint]") {
  const Folder at;
  const auto put = [&](const char* name, const char* text) {
    std::ofstream(at.path / name) << text;
  };
  put("config.json", "{}");
  put("tokenizer.json", "{\"a\": 1}");
  put("model-1.safetensors", "weights");
  put("README.md", "not part of it");
  const Json known = hash_checkpoint(at.path, nullptr);
  put("README.md", "changed");
  put("model-1.safetensors", "Weights");  // hashed while it is read
  CHECK_NOTHROW(check_unchanged(at.path, known));
  const auto refused = [&](const std::string& name, const std::string& why) {
    CHECK_THROWS_WITH(check_unchanged(at.path, known),
                      Catch::Contains((at.path / name).string()) && Catch::Contains(why));
  };
  put("tokenizer.json", "{\"a\": 2}");
  refused("tokenizer.json",
          "expected " + known.at("files").at("tokenizer.json").at("xxh3").get<std::string>());
  put("tokenizer.json", "{\"a\": 1}");
  put("model.safetensors", "read before shards");
  refused("model.safetensors", "was not there");
  fs::remove(at.path / "model.safetensors");
  fs::remove(at.path / "model-1.safetensors");
  refused("model-1.safetensors", "is missing");
  fs::remove_all(at.path);
  CHECK_THROWS_WITH(check_unchanged(at.path, known), Catch::Contains("does not exist"));
}
