#include "stages/reduce/layer_columns.hpp"

#include <cmath>

#include "stages/reduce/columns_join.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {
namespace {

/// Reads arrays [item, layer] or [item, state] and holds them to one number of layers.
class Reader {
 public:
  Reader(const CellData& cell, const CellColumns& columns)
      : cell_(cell),
        columns_(columns),
        capture_(rows_by_key(cell, cell.capture, "capture", columns.key)),
        metrics_(rows_by_key(cell, cell.metrics, "metrics", columns.key)) {}

  std::vector<std::vector<double>> states(const char* name) { return read(cell_.capture, name, 1); }
  std::vector<std::vector<double>> blocks(const char* name) { return read(cell_.capture, name, 0); }
  std::vector<std::vector<double>> metric(const char* name) {
    return read(cell_.metrics, name, 0, true);
  }

  std::vector<double> item(const char* name) {
    std::vector<double> out(columns_.size(), kUndefined);
    if (!cell_.capture.find(name)) return out;
    out = gather_rows<double>(cell_, name, cell_.capture.as_double(name), capture_, kUndefined);
    blank_failed(out);
    return out;
  }

  /// ln S of each item; NaN without a grid of at least two cells.
  std::vector<double> log_cells() {
    std::vector<double> out(columns_.size(), kUndefined);
    const auto grid = gather_columns(cell_, cell_.capture, "item/grid", capture_);
    if (grid.size() != 2) return out;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (grid[0][i] * grid[1][i] > 1) out[i] = std::log(grid[0][i] * grid[1][i]);
    return out;
  }

  std::size_t layers() const { return blocks_; }

 private:
  std::vector<std::vector<double>> read(const Record& record, const char* name, std::size_t extra,
                                        bool metrics = false) {
    auto out = gather_columns(cell_, record, name, metrics ? metrics_ : capture_);
    if (out.size() <= extra) return {};
    if (blocks_ == 0) {
      blocks_ = out.size() - extra;
      first_ = name;
    }
    if (out.size() - extra != blocks_)
      fail(cell_name(cell_), ": array '", name, "' has ", out.size() - extra, " blocks, expected ",
           blocks_, " as '", first_, "' has");
    for (auto& column : out) blank_failed(column);
    return out;
  }

  void blank_failed(std::vector<double>& column) const {
    for (std::size_t i = 0; i < column.size(); ++i)
      if (columns_.failed[i] || !std::isfinite(column[i])) column[i] = kUndefined;
  }

  const CellData& cell_;
  const CellColumns& columns_;
  RowMap capture_, metrics_;
  std::size_t blocks_ = 0;
  std::string first_;
};

/// 1 where a target token has rank 1, 0 where another has, NaN where there is no rank.
void ranks_to_first(std::vector<std::vector<double>>& ranks) {
  for (auto& column : ranks)
    for (double& value : column) value = value >= 1 ? (value == 1 ? 1.0 : 0.0) : kUndefined;
}

}  // namespace

LayerColumns layer_columns(const CellData& cell, const CellColumns& columns) {
  Reader reader(cell, columns);
  LayerColumns out;
  out.margin = reader.states("lens/margin");
  out.blank = reader.states("lens/margin_blank");
  out.top2 = reader.states("lens/top2");
  out.yes = reader.states("lens/yes");
  out.no = reader.states("lens/no");
  out.first = reader.states("lens/rank");
  ranks_to_first(out.first);
  out.attention = reader.blocks("contribution/attention");
  out.mlp = reader.blocks("contribution/mlp");
  out.attention_norm = reader.blocks("contribution/attention_norm");
  out.mlp_norm = reader.blocks("contribution/mlp_norm");
  out.resid = reader.blocks("residual_update/mean");
  out.relative = reader.blocks("residual_update/relative");
  out.h_s = reader.metric("metrics/h_s_layer");
  out.embedding = reader.item("contribution/embedding");
  out.blocks = reader.layers();
  out.h_n = out.h_s;
  const std::vector<double> log_cells = reader.log_cells();
  for (auto& column : out.h_n)
    for (std::size_t i = 0; i < column.size(); ++i) column[i] /= log_cells[i];
  // An item enters the curves of H_s only with every layer, so that the layers show equal items.
  for (auto* curves : {&out.h_s, &out.h_n})
    for (std::size_t i = 0; i < columns.size(); ++i) {
      bool whole = true;
      for (const auto& column : *curves) whole = whole && !std::isnan(column[i]);
      if (!whole)
        for (auto& column : *curves) column[i] = kUndefined;
    }
  return out;
}

std::string layer_name(std::int64_t layer) {
  return layer < 0 ? "the embeddings" : "block " + std::to_string(layer);
}

}  // namespace vrp
