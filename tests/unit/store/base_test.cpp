#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/base/text.hpp"

using namespace vrp;
namespace fs = std::filesystem;

TEST_CASE("hashes frame what they take, so that neighbours cannot slide into each other",
          "[base]") {
  CHECK(Hasher().add("ab").add("c").finish() != Hasher().add("a").add("bc").finish());
  CHECK(hash_bytes("", 0).hex() == "99aa06d3014798d86001c324468d497f");  // XXH3-128 of nothing
}

TEST_CASE("SHA-256 of a file is the published one", "[base]") {
  const fs::path path = fs::temp_directory_path() / "vrp_sha_abc";
  write_atomically(path, "abc");
  CHECK(hash_file_both(path).sha256 ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash_file_both(path).bytes == 3);
  fs::remove(path);
  CHECK_THROWS_WITH(hash_file(path), Catch::Contains("vrp_sha_abc"));
}

TEST_CASE("the same key and counter give the same number, others do not", "[base]") {
  const Rng rng(kDefaultSeed, "consistency", "llava", "pope/adversarial/1", "path");
  const Rng same(kDefaultSeed, "consistency", "llava", "pope/adversarial/1", "path");
  const Rng other(kDefaultSeed, "consistency", "llava", "pope/adversarial/2", "path");
  CHECK(rng.uniform(3, 5) == same.uniform(3, 5));
  CHECK(rng.uniform(3, 5) != other.uniform(3, 5));
  CHECK(rng.uniform(3, 5) != rng.uniform(5, 3));
}

TEST_CASE("uniforms fill [0, 1) evenly and integers stay below their bound", "[base]") {
  const Rng rng(7, "uniformity");
  double sum = 0;
  double squares = 0;
  constexpr int kN = 100000;
  std::vector<int> counts(10);
  for (int i = 0; i < kN; ++i) {
    const double u = rng.uniform(static_cast<std::uint64_t>(i));
    CHECK_FALSE((u < 0 || u >= 1));
    sum += u;
    squares += u * u;
    ++counts.at(rng.below(10, static_cast<std::uint64_t>(i), 1));
  }
  CHECK(std::abs(sum / kN - 0.5) < 4 * 0.2887 / std::sqrt(kN));
  CHECK(std::abs(squares / kN - 1.0 / 3) < 0.005);
  for (const int count : counts) CHECK(std::abs(count - kN / 10) < 5 * std::sqrt(kN * 0.09));
}

TEST_CASE("JSON errors name file, line and column", "[base]") {
  CHECK_THROWS_WITH(parse_json("{\n  \"a\": [1,\n}", "c.json"),
                    Catch::Contains("c.json") && Catch::Contains("line 3"));
  CHECK_THROWS_WITH(parse_json(std::string(300, '['), "deep.json"), Catch::Contains("deeper"));
  CHECK_THROWS_WITH(parse_json("\"\xff\"", "bad.json"), Catch::Contains("UTF-8"));
  CHECK(parse_json("\xEF\xBB\xBF{\"a\": 1}", "bom.json").at("a") == 1);
  const Json object = parse_json("{\"a\": \"x\"}", "o.json");
  CHECK_THROWS_WITH(json_integer(object, "a", "o.json"), Catch::Contains("expected an integer"));
  CHECK_THROWS_WITH(json_text(object, "b", "o.json"), Catch::Contains("'b' is missing"));
}

TEST_CASE("a name that leaves its folder is refused", "[base]") {
  CHECK(inside("/data", "a/b.jpg") == fs::path("/data/a/b.jpg"));
  CHECK_THROWS_AS(inside("/data", "../b.jpg"), Error);
  CHECK_THROWS_AS(inside("/data", "a/../../b.jpg"), Error);
  CHECK_THROWS_AS(inside("/data", "/etc/passwd"), Error);
  CHECK_THROWS_AS(inside("/data", ""), Error);
}

TEST_CASE("a file that is written atomically is whole or absent", "[base]") {
  const fs::path folder = fs::temp_directory_path() / "vrp_atomic";
  fs::remove_all(folder);
  fs::create_directories(folder);
  write_atomically(folder / "a", "first");
  write_atomically(folder / "a", "second");
  CHECK(read_text(folder / "a") == "second");
  CHECK_THROWS_AS(write_atomically(folder / "none" / "a", "x"), Error);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);

  write_atomically(folder / "unit.part", "one");
  CHECK(commit_file(folder / "unit.part", folder / "unit"));
  write_atomically(folder / "unit.part", "two");
  CHECK_FALSE(commit_file(folder / "unit.part", folder / "unit"));  // the first commit stays
  CHECK(read_text(folder / "unit") == "one");
  CHECK_FALSE(fs::exists(folder / "unit.part"));
  fs::remove_all(folder);
}

TEST_CASE("a file is read to its end, whatever size it claims", "[base]") {
  CHECK(read_text("/proc/self/stat").size() > 50);  // claims 0 bytes
  CHECK_THROWS_AS(read_text("/proc"), Error);
}

TEST_CASE("the nearest key is proposed only when it is near", "[base]") {
  CHECK(nearest("sampels", {"samples", "seed"}) == "samples");
  CHECK(nearest("wholly_different", {"samples", "seed"}).empty());
}

TEST_CASE("UTF-8 is checked strictly", "[base]") {
  CHECK(valid_utf8("é東🙂"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82"}) {
    CHECK_FALSE(valid_utf8(bad));
  }
}

TEST_CASE("an excerpt is valid UTF-8 whatever it is made from", "[base]") {
  CHECK(excerpt("a\tb\nc") == "a\\tb\\nc");
  CHECK(excerpt("\x01\x7F") == "\\x01\\x7f");
  CHECK(excerpt("é東🙂") == "é東🙂");
  CHECK(excerpt("\xE6\x9D") == "\\xe6\\x9d");
  CHECK(excerpt("\xFFx\xC3") == "\\xffx\\xc3");
  for (std::size_t limit = 0; limit < 12; ++limit) {
    const std::string cut = excerpt("aé東🙂é東🙂", limit);
    CHECK(valid_utf8(cut));
    CHECK(cut.ends_with("..."));
    CHECK(cut.size() <= limit + 4 + 3);
  }
  CHECK(excerpt(std::string(60, 'a')) == std::string(60, 'a'));
  CHECK(excerpt(std::string(61, 'a')) == std::string(60, 'a') + "...");
}
