#pragma once
// A small cell that is asked about in groups: rows with pictures, some with options, on the tests'
// own checkpoint.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/error.hpp"
#include "stages/capture_with_paths.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

namespace vrp::test {

constexpr std::size_t kRows = 11;
inline const GenerationParams kGeneration{.max_new_tokens = 5};

struct GroupCell {
  explicit GroupCell(int batch = 4, const std::string& kernels = "aten",
                     const std::function<void(TinyTensors&)>& change = {})
      : checkpoint({}, change),
        model(Model::load(checkpoint.path(), {.kernels = kernels, .batch = batch})) {
    table.benchmark = "toy";
    table.kind = "text";
    table.scorers = {"exact@1"};
    for (std::size_t i = 0; i < kRows; ++i) {
      table.key.push_back(concat("toy/val/", i));
      table.id.push_back(concat(i));
      table.group.push_back(concat("g", i));
      table.image.emplace_back("made.png");
      table.image_hash.emplace_back();
      table.question.push_back(std::string(1 + i % 3, static_cast<char>('a' + i)));
      table.answer.emplace_back("Yes");
      table.answers.emplace_back();
      table.choices.emplace_back();
      table.hint.emplace_back();
      table.type.emplace_back("one");
      table.regions.emplace_back();
      table.metadata.emplace_back("{}");
      pictures.push_back({noise_image(40, 30, static_cast<std::uint32_t>(i)), ""});
    }
    table.choices[5] = {"cup", "lamp"};
    sampling.samples = 3;
  }

  std::vector<Picture> shown(RowRange rows) const {
    return {pictures.begin() + static_cast<std::ptrdiff_t>(rows.first),
            pictures.begin() + static_cast<std::ptrdiff_t>(rows.last)};
  }
  Record captured(RowRange rows) const {
    return capture(table, rows.first, shown(rows), model, {}, kGeneration, params, [] {});
  }
  Record sampled(RowRange rows) const {
    return consistency(table, rows.first, shown(rows), model, "toy", {}, kGeneration, sampling, 7,
                       [] {});
  }
  std::pair<Record, Record> both(
      RowRange rows, const std::function<void()>& done = [] {}) const {
    const std::vector<Picture> some = shown(rows);
    return capture_with_paths(
        {table, rows.first, some, model, "toy", {}, kGeneration, params, sampling, 7}, done);
  }

  TinyCheckpoint checkpoint;
  Model model;
  ItemTable table;
  std::vector<Picture> pictures;
  CaptureParams params;
  ConsistencyParams sampling;
};

inline std::vector<std::string> reasons(const Record& record) {
  return record.values<std::string>("item/reason");
}

}  // namespace vrp::test
