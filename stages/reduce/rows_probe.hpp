#pragma once
// Frames of the probes stage with the cell they belong to.
#include <string>
#include <vector>

#include "stages/probes/record.hpp"

namespace vrp {

template <class Row>
struct OfCell : Row {
  std::string model, benchmark;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &OfCell::model, "", "model");
    visit("benchmark", &OfCell::benchmark, "", "benchmark");
    Row::fields(visit);
  }
};

/// A frame of a probes record, each row with the cell it belongs to.
template <class Row>
std::vector<OfCell<Row>> rows_of_cell(const Record& probes, const std::string& frame,
                                      const std::string& model, const std::string& benchmark) {
  std::vector<OfCell<Row>> rows;
  for (Row& row : read_frame<Row>(probes, frame)) {
    OfCell<Row> out;
    static_cast<Row&>(out) = std::move(row);
    out.model = model;
    out.benchmark = benchmark;
    rows.push_back(std::move(out));
  }
  return rows;
}

using CellProbeFold = OfCell<ProbeFoldRow>;
using CellProbeLayer = OfCell<ProbeLayerRow>;
using CellProbeControl = OfCell<ProbeControlRow>;
using CellNeuron = OfCell<NeuronRow>;
using CellDeltaBin = OfCell<DeltaBinRow>;

}  // namespace vrp
