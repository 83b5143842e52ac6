#pragma once
// Synthetic cells with the layouts of capture, metrics and consistency records.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "reduce_inside_fixture.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/rows.hpp"
#include "stages/reduce/rows_label.hpp"

namespace vrp::testing {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What a test decides about each item; everything else follows.
struct Rows {
  std::vector<int> y;             ///< 1, 0, -1 = no label
  std::vector<double> h_s, s_sc;  ///< signals
  std::vector<int> status;        ///< 0 ok, 1 failed, 2 attention invalid
  std::vector<std::string> group, type;
};

/// n items, four to an image, of two types; s_sc tells right from wrong, h_s does not.
inline Rows informative(std::size_t n) {
  const Rng rng(7, "fixture");
  Rows rows;
  for (std::size_t i = 0; i < n; ++i) {
    rows.y.push_back(rng.uniform(i, 0) < 0.7 ? 1 : 0);
    rows.h_s.push_back(3 + rng.uniform(i, 1));
    const double agree = rows.y.back() == 1 ? 0.7 + 0.3 * rng.uniform(i, 2) : rng.uniform(i, 2);
    rows.s_sc.push_back(std::ceil(agree * 10) / 10);
    rows.status.push_back(0);
    rows.group.push_back("image-" + std::to_string(i / 4));
    rows.type.push_back(i % 2 ? "yes" : "no");
  }
  return rows;
}

struct TestCell {
  ItemTable items;
  CellData data;
  TestCell() = default;
  TestCell(const TestCell&) = delete;
  TestCell& operator=(const TestCell&) = delete;
};

template <class T>
Array column(const std::string& name, std::vector<T> values) {
  Array array;
  array.name = name;
  array.dims = {"item"};
  array.shape = {static_cast<std::int64_t>(values.size())};
  array.units = "1";
  array.data = std::move(values);
  return array;
}

inline Array label(const std::string& scorer, const std::vector<std::int32_t>& y, bool primary) {
  Array array = column<std::int32_t>("label/" + scorer, y);
  array.attributes["version"] = "1";
  if (primary) array.attributes["primary"] = "1";
  return array;
}

inline void fill_items(ItemTable& items, const std::string& benchmark, const Rows& rows) {
  items.benchmark = benchmark;
  items.kind = "yes_no";
  items.scorers = {"yes_no@1", "exact@1"};
  for (std::size_t i = 0; i < rows.y.size(); ++i) {
    const std::string number = std::to_string(1000 + i);
    items.key.push_back(benchmark + "/test/" + number);
    items.id.push_back(number);
    items.group.push_back(rows.group[i]);
    items.image.push_back(rows.group[i] + ".jpg");
    items.image_hash.push_back("hash of " + rows.group[i]);
    items.question.push_back("Is there a kettle number " + number + " in the image?");
    items.answer.push_back(rows.type[i]);
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back(rows.type[i]);
    items.regions.emplace_back();
    items.metadata.push_back("{}");
  }
}

/// Records in reverse item order, to show that joining goes by key.
inline void fill_records(CellData& cell, const Rows& rows, int paths = 10) {
  const std::size_t n = rows.y.size();
  std::vector<std::string> key, reason, text;
  std::vector<std::int32_t> status, y, exact, majority, prompt;
  std::vector<std::uint8_t> unparsed;
  std::vector<double> h_s, p_tok, confidence, s_sc;
  for (std::size_t k = n; k-- > 0;) {
    const bool failed = rows.status[k] == 1;
    key.push_back(cell.items->key[k]);
    status.push_back(rows.status[k]);
    reason.push_back(failed ? "image is truncated" : "");
    text.push_back(failed ? "" : "Yes");
    y.push_back(failed ? -1 : rows.y[k]);
    exact.push_back(failed ? -1 : 0);
    majority.push_back(failed ? -1 : rows.y[k]);
    unparsed.push_back(0);
    prompt.push_back(failed ? 0 : 600 + static_cast<int>(k % 3));
    h_s.push_back(rows.status[k] == 0 ? rows.h_s[k] : kNan);
    p_tok.push_back(failed ? kNan : -0.1 * static_cast<double>(1 + k % 7));
    confidence.push_back(failed ? kNan : 0.3 + 0.1 * static_cast<double>(k % 7));
    s_sc.push_back(failed ? kNan : rows.s_sc[k]);
  }
  Record& capture = cell.capture;
  capture.add(column("item/key", key));
  capture.add(column("item/status", status));
  capture.add(column("item/reason", reason));
  capture.add(column("item/prompt_tokens", prompt));
  capture.add(column("answer/text", text));
  capture.add(label("yes_no", y, true));
  capture.add(column("label_invalid/yes_no", unparsed));
  capture.add(label("exact", exact, false));
  capture.add(signal_array("output/p_tok", p_tok, 1, "nats", "mean log probability"));
  capture.add(signal_array("output/confidence", confidence, 1, "probability", "first token"));
  Record& metrics = cell.metrics;
  metrics.add(column("item/key", key));
  metrics.add(signal_array("metrics/h_s", h_s, -1, "nats", "spatial entropy"));
  Record& consistency = cell.consistency;
  consistency.add(column("item/key", key));
  consistency.add(signal_array("consistency/s_sc", s_sc, 1, "probability", "agreement"));
  consistency.add(column("label_majority/yes_no", majority));
  Array texts;
  texts.name = "path/text";
  texts.dims = {"item", "path"};
  texts.shape = {static_cast<std::int64_t>(n), paths};
  texts.data = std::vector<std::string>(n * static_cast<std::size_t>(paths), "yes");
  consistency.add(texts);
  // As many equal answers as s_sc says, the others all different.
  Array normalised = texts;
  normalised.name = "path/normalised";
  auto& answers = std::get<std::vector<std::string>>(normalised.data);
  for (std::size_t row = 0; row < n; ++row) {
    const double equal = rows.s_sc[n - 1 - row] * paths;
    for (int path = 0; path < paths; ++path)
      if (path >= std::lround(equal))
        answers[row * static_cast<std::size_t>(paths) + static_cast<std::size_t>(path)] =
            "answer " + std::to_string(path);
  }
  consistency.add(normalised);
}

inline void make_cell(TestCell& cell, const std::string& benchmark, const Rows& rows) {
  fill_items(cell.items, benchmark, rows);
  cell.data.model = "demo";
  cell.data.benchmark = benchmark;
  cell.data.items = &cell.items;
  fill_records(cell.data, rows);
}

/// The same cell with what the stages inside the model give.
inline void make_whole_cell(TestCell& cell, const std::string& benchmark, const Rows& rows) {
  make_cell(cell, benchmark, rows);
  add_lens(cell.data, rows.y, rows.status);
  add_probes(cell.data, rows.y, rows.status);
  add_interventions(cell.data, usual_edits(rows.y), rows.status);
}

inline ReduceParams quick() {
  ReduceParams params;
  params.replicates = 300;
  return params;
}

/// The one row of that name, or nullptr; it points into `rows`.
const StatRow* find_row(std::vector<StatRow>&& rows, const std::string& signal,
                        const std::string& statistic, bool majority = false) = delete;
inline const StatRow* find_row(const std::vector<StatRow>& rows, const std::string& signal,
                               const std::string& statistic, bool majority = false) {
  for (const StatRow& row : rows)
    if (row.signal == signal && row.statistic == statistic &&
        row.label.starts_with("majority:") == majority)
      return &row;
  return nullptr;
}

}  // namespace vrp::testing
