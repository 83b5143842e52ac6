#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/store/h5.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("vrp_store_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

/// Two items with three and one image tokens, two layers.
Record sample(std::int64_t first, std::vector<std::int64_t> offsets) {
  const auto n = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t tokens = offsets.back();
  Record record;
  std::vector<std::string> keys;
  for (std::int64_t i = 0; i < n; ++i) keys.push_back("set/val/" + std::to_string(first + i));
  record.add("item/key", {"item"}, {n}, keys, "", "key of the item");
  Array offset{"item/patch_offset",
               {"item_plus_one"},
               {n + 1},
               "1",
               "first token of each item",
               offsets,
               {{"ragged_dim", "image_token"}}};
  record.add(offset);
  std::vector<float> map;
  for (int layer = 0; layer < 2; ++layer) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      map.push_back(static_cast<float>(100 * layer + 10 * first + t));
    }
  }
  record.add("attention/map", {"layer", "image_token"}, {2, tokens}, map, "probability", "m(l)");
  std::vector<Half> states;
  for (std::int64_t i = 0; i < 3 * n; ++i)
    states.push_back(Half::from_float(0.5f * static_cast<float>(i)));
  record.add("hidden/first", {"item", "hidden"}, {n, 3}, states, "1", "h");
  record.add(signal_array("output/p_tok", std::vector<double>(static_cast<std::size_t>(n), -0.25),
                          1, "nats", "mean log-probability"));
  record.add("item/status", {"item"}, {n},
             std::vector<std::int32_t>(static_cast<std::size_t>(n), 0), "1", "status");
  return record;
}

}  // namespace

TEST_CASE("a record comes back from its file with the same arrays and digest", "[store]") {
  const Folder folder;
  const char* keep = std::getenv("VRP_KEEP_RECORD");
  const fs::path path = keep != nullptr ? fs::path(keep) : folder.path / "unit.h5";
  const Record record = sample(0, {0, 3, 4});
  write_record(path, record, {{"stage", "capture"}});
  const StoredRecord back = read_record(path);
  CHECK(back.record.digest() == record.digest());
  CHECK(back.attributes.at("stage") == "capture");
  CHECK(back.record.at("output/p_tok").attributes.at("orientation") == "1");
  CHECK(back.record.values<std::string>("item/key") ==
        std::vector<std::string>{"set/val/0", "set/val/1"});
  CHECK(back.record.at("attention/map").dims == std::vector<std::string>{"layer", "image_token"});
  CHECK(back.record.values<Half>("hidden/first") == record.values<Half>("hidden/first"));
}

TEST_CASE("equal records give files that are equal byte for byte, whenever they are written",
          "[store]") {
  const Folder folder;
  write_record(folder.path / "a.h5", sample(0, {0, 3, 4}), {{"stage", "capture"}});
  ::sleep(1);
  write_record(folder.path / "b.h5", sample(0, {0, 3, 4}), {{"stage", "capture"}});
  CHECK(read_bytes(folder.path / "a.h5") == read_bytes(folder.path / "b.h5"));
}

TEST_CASE("empty arrays, empty text and NUL bytes survive a round trip", "[store]") {
  const Folder folder;
  Record record;
  record.add("answer/text", {"item"}, {3},
             std::vector<std::string>{"", std::string("a\0b", 3), "é"}, "", "answers");
  record.add("answer/tokens", {"answer_token"}, {0}, std::vector<std::int32_t>{}, "1", "none");
  const fs::path path = folder.path / "e.h5";
  write_record(path, record, {});
  const auto back = read_record(path).record;
  CHECK(back.values<std::string>("answer/text") == std::vector<std::string>{"",
                                                                            "a\xE2\x90\x80"
                                                                            "b",
                                                                            "é"});
  CHECK(back.values<std::int32_t>("answer/tokens").empty());
}

TEST_CASE("any altered or truncated byte range is detected, never read as a result", "[store]") {
  const Folder folder;
  const fs::path path = folder.path / "unit.h5";
  const Record record = sample(0, {0, 3, 4});
  write_record(path, record, {});
  const auto bytes = read_bytes(path);
  for (std::size_t at = 0; at < bytes.size(); at += 37) {
    auto altered = bytes;
    altered[at] ^= 0x5A;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(altered.data()),
               static_cast<std::streamsize>(altered.size()));
    CHECK_THROWS_AS(read_record(path), Error);
  }
  for (const double part : {0.0, 0.3, 0.9}) {
    fs::resize_file(path, static_cast<std::uintmax_t>(part * static_cast<double>(bytes.size())));
    CHECK_THROWS_AS(read_record(path), Error);
  }
}

TEST_CASE("the digest tells values, names, shapes and types apart and no NaN payloads", "[store]") {
  const auto digest_of = [](std::vector<double> values, const char* name = "a/b") {
    Record record;
    const auto n = static_cast<std::int64_t>(values.size());
    record.add(name, {"item"}, {n}, std::move(values), "1", "x");
    return record.digest();
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(digest_of({1, 2}) == digest_of({1, 2}));
  CHECK(digest_of({1, 2}) != digest_of({2, 1}));
  CHECK(digest_of({1, 2}) != digest_of({1, 2}, "a/c"));
  CHECK(digest_of({nan}) == digest_of({-nan}));
  CHECK(digest_of({0.0}) != digest_of({-0.0}));
}

TEST_CASE("concatenated units equal one unit over all items, ragged arrays included", "[store]") {
  const Record joined = concatenate({sample(0, {0, 3, 4}), sample(2, {0, 2})});
  CHECK(joined.values<std::int64_t>("item/patch_offset") == std::vector<std::int64_t>{0, 3, 4, 6});
  CHECK(joined.at("attention/map").shape == std::vector<std::int64_t>{2, 6});
  CHECK(joined.values<float>("attention/map") ==
        std::vector<float>{0, 1, 2, 3, 20, 21, 100, 101, 102, 103, 120, 121});
  CHECK(joined.values<std::string>("item/key").size() == 3);
  CHECK(joined.at("hidden/first").shape == std::vector<std::int64_t>{3, 3});
}

TEST_CASE("what belongs to no item must be equal in all units, NaN included", "[store]") {
  const auto unit = [](float value) {
    Record record;
    record.add("item/key", {"item"}, {1}, std::vector<std::string>{"a"}, "", "key");
    record.add("edit/value", {"condition"}, {2}, std::vector<float>{std::nanf(""), value}, "1",
               "what was set");
    return record;
  };
  CHECK(concatenate({unit(100), unit(100)}).at("edit/value").shape[0] == 2);
  CHECK_THROWS_WITH(concatenate({unit(100), unit(-100)}), Catch::Contains("edit/value"));
}

TEST_CASE("an array whose shape and data disagree is refused", "[store]") {
  Record record;
  CHECK_THROWS_WITH(record.add("x/y", {"item"}, {3}, std::vector<float>{1, 2}, "1", "x"),
                    Catch::Contains("x/y") && Catch::Contains("[3]"));
  record.add("x/z", {"item"}, {1}, std::vector<float>{1}, "1", "x");
  CHECK_THROWS_WITH(record.values<double>("x/z"),
                    Catch::Contains("float32") && Catch::Contains("float64"));
  CHECK_THROWS_WITH(record.at("x/none"), Catch::Contains("x/none"));
}

TEST_CASE("a dimension that has the name of an array beside it is our own mistake", "[store]") {
  Record record;
  record.add("item/geometry", {"item", "geometry"}, {1, 1}, std::vector<float>{1}, "1", "x");
  const Folder folder;
  try {
    write_record(folder.path / "x.h5", record, {});
    FAIL("written");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::internal);
  }
}

TEST_CASE("half precision rounds to nearest even and keeps specials", "[store]") {
  CHECK(Half::from_float(1.0f).bits == 0x3C00);
  CHECK(Half::from_float(65504.0f).bits == 0x7BFF);
  CHECK(Half::from_float(65520.0f).bits == 0x7C00);
  CHECK(Half::from_float(2049.0f).to_float() == 2048.0f);
  CHECK(Half::from_float(2051.0f).to_float() == 2052.0f);
  CHECK(Half::from_float(0x1p-24f).bits == 1);
  CHECK(Half::from_float(0x1p-25f).bits == 0);
  CHECK(Half::from_float(0x1.8p-25f).bits == 1);
  CHECK(std::isnan(Half::from_float(std::nanf("")).to_float()));
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    if (std::isnan(half.to_float())) continue;
    if (Half::from_float(half.to_float()).bits != bits) FAIL("bits " << bits);
  }
}
