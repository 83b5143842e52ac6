// Items prepared on another thread than the model's: the same records, whatever was prepared.
#include "stages/capture/prepare_ahead.hpp"

#include <catch2/catch.hpp>

#include "stages/model_fronts.hpp"
#include "tests/unit/capture/group_cell.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

constexpr std::size_t kAll = kAheadBytes;

struct Ahead : GroupCell {
  /// `grey`: whether grey twins are asked about.
  explicit Ahead(bool grey = true) : GroupCell(4, "auto") {
    params.blank = grey;
    pictures[1] = {{}, "made.png: no such picture"};
    pictures[3].image = noise_image(31, 52, 9);  // another size: another grey twin
    table.question[2] = std::string(200, 'x');   // no prompt can be made
    table.choices[7] = std::vector<std::string>(27, "option");
    style.options = "{q}\n{options}";
  }
  ModelFront front() const {
    return {read_model_spec(checkpoint.path()), Tokenizer::load(checkpoint.path())};
  }
  Record both() const {
    auto records = capture_with_paths(
        {table, 0, pictures, model, "toy", style, kGeneration, params, sampling, 7}, [] {});
    std::vector<std::string> seen{records.first.digest().hex(), records.second.digest().hex()};
    Record out;
    out.add("digests", {"stage"}, {2}, std::move(seen), "", "of capture and consistency");
    out.add("reasons", {"item"}, {static_cast<std::int64_t>(kRows)}, reasons(records.first), "",
            "of capture");
    return out;
  }
  PromptStyle style;
};

}  // namespace

TEST_CASE("items prepared ahead give the records of items prepared when they are asked about",
          "[prepare]") {
  for (const bool grey : {true, false}) {
    const Record expected = Ahead(grey).both();
    CHECK(expected.values<std::string>("reasons")[0].empty());
    CHECK_FALSE(expected.values<std::string>("reasons")[2].empty());
    for (const std::size_t bytes : {kAll, std::size_t{30000}, std::size_t{0}}) {
      CAPTURE(grey, bytes);
      Ahead ahead(grey);
      const ModelFront front = ahead.front();
      prepare_ahead(ahead.pictures, ahead.table, 0, front, ahead.style, grey, bytes);
      CHECK((ahead.pictures[0].item != nullptr) == (bytes > 0));
      CHECK((ahead.pictures[kRows - 1].item != nullptr) == (bytes == kAll));
      CHECK(ahead.pictures[2].item == nullptr);
      const Record found = ahead.both();
      CHECK(found.values<std::string>("reasons") == expected.values<std::string>("reasons"));
      CHECK(found.values<std::string>("digests") == expected.values<std::string>("digests"));
    }
  }
}

TEST_CASE("a picture is let go of where nothing is left to be made of it", "[prepare]") {
  Ahead ahead;
  const ModelFront front = ahead.front();
  prepare_ahead(ahead.pictures, ahead.table, 0, front, ahead.style, true);
  CHECK(ahead.pictures[0].image.rgb.empty());
  CHECK(ahead.pictures[1].problem == "made.png: no such picture");
  CHECK_FALSE(ahead.pictures[2].image.rgb.empty());  // still to be refused by its stage
  CHECK(ahead.pictures[0].grey == ahead.pictures[4].grey);
  CHECK(ahead.pictures[0].grey != ahead.pictures[3].grey);
  REQUIRE(ahead.pictures[3].grey != nullptr);
  CHECK(ahead.pictures[3].grey->geometry.source_width == 31);
}

TEST_CASE("what items are prepared with is read once, and is nothing where it cannot be",
          "[prepare]") {
  const TinyCheckpoint checkpoint;
  Sweep sweep;
  sweep.models.push_back({"m", {.checkpoint = checkpoint.path().string()}});
  sweep.models.push_back({"gone", {.checkpoint = "/nowhere/at/all"}});
  sweep.models.push_back(
      {"bounded", {.checkpoint = checkpoint.path().string(), .min_pixels = 784}});
  ModelFronts fronts(sweep);
  const auto front = fronts.get("m");
  REQUIRE(front != nullptr);
  CHECK(front == fronts.get("m"));
  CHECK(fronts.get("gone") == nullptr);
  CHECK(fronts.get("gone") == nullptr);
  CHECK(fronts.get("bounded") == nullptr);  // this family has no such bounds
}
