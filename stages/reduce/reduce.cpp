#include "stages/reduce/reduce.hpp"

#include "pipeline/base/error.hpp"
#include "stages/reduce/effects.hpp"
#include "stages/reduce/item_signals.hpp"
#include "stages/reduce/label_audit.hpp"
#include "stages/reduce/lens.hpp"
#include "stages/reduce/official_rows.hpp"
#include "stages/reduce/rows_probe.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {

namespace {

template <class Row>
void pass_frame(const CellData& cell, const char* name, Record& record) {
  add_frame(record, name, rows_of_cell<Row>(cell.probes, name, cell.model, cell.benchmark));
}

}  // namespace

void check(const ReduceParams& params) {
  if (params.replicates < 100)
    fail_usage("reduce.replicates is ", params.replicates, ", expected >= 100");
  if (!(params.level > 0 && params.level < 1))
    fail_usage("reduce.level is ", params.level, ", expected a number in (0, 1)");
  if (params.resample != "auto" && params.resample != "group" && params.resample != "item")
    fail_usage("reduce.resample is '", params.resample, "', expected auto, group or item");
  if (params.tests != "cluster" && params.tests != "item")
    fail_usage("reduce.tests is '", params.tests, "', expected cluster or item");
  if (params.ece_bins < 2) fail_usage("reduce.ece_bins is ", params.ece_bins, ", expected >= 2");
  if (!(params.equivalence > 0 && params.equivalence < 1))
    fail_usage("reduce.equivalence is ", params.equivalence, ", expected a number in (0, 1)");
  if (params.curve_points < 2)
    fail_usage("reduce.curve_points is ", params.curve_points, ", expected >= 2");
  if (params.block_draws < 1)
    fail_usage("reduce.block_draws is ", params.block_draws, ", expected >= 1");
}

Record reduce_cell(const CellData& cell, const ReduceParams& params, const Draws& draws) {
  check(params);
  const CellColumns columns = columns_of(cell);
  Record record = statistics_record(columns, params, draws, true);
  add_label_audit(columns, params, draws, record);
  add_item_signals(columns, params, draws, record);
  add_frame(record, "official_figure",
            official_rows(cell.model, cell.benchmark, cell.capture, *cell.items, cell.reviews));
  const LayerColumns lens = layer_columns(cell, columns);
  const LensResult layers = lens_result(columns, lens, params, draws);
  add_frame(record, "lens_layer", layers.layers);
  add_frame(record, "lens", layers.peaks);
  add_frame(record, "mlp_share", layers.shares);
  const CaseResult study = case_result(columns, lens);
  add_frame(record, "case", study.item);
  add_frame(record, "case_layer", study.layers);
  add_frame(record, "effect", effect_rows(effect_columns(cell, columns), params, draws, true));
  pass_frame<ProbeFoldRow>(cell, "probe_fold", record);
  pass_frame<ProbeLayerRow>(cell, "probe_layer", record);
  pass_frame<ProbeControlRow>(cell, "probe_control", record);
  pass_frame<NeuronRow>(cell, "neuron", record);
  pass_frame<DeltaBinRow>(cell, "delta_bin", record);
  return record;
}

}  // namespace vrp
