#pragma once
// The lens's columns of a capture record while a unit is being computed.
#include <cstdint>
#include <vector>

#include "pipeline/model/spec.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/lens.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

class LensColumns {
 public:
  LensColumns(const ModelSpec& spec, const CaptureParams& params);
  void add(const LensItem& item);
  /// Appends the arrays of `items` rows; none when the lens is off.
  void finish(std::int64_t items, Record& out);

 private:
  std::int64_t layers_, heads_;
  CaptureParams params_;
  std::vector<float> margin_, margin_blank_, target_, top2_, yes_, no_;
  std::vector<std::int32_t> rank_, target_token_, rival_token_;
  std::vector<double> margin_last_, top2_last_, attention_, mlp_, embedding_;
  std::vector<float> attention_norm_, mlp_norm_, head_gain_;
  std::vector<double> update_mean_, update_relative_;
};

}  // namespace vrp
