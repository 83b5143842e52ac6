#pragma once
// The capture observer: keeps what one greedy run shows of attention and states.
#include <cstdint>
#include <vector>

#include "pipeline/model/model.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

class CaptureObserver : public Observer {
 public:
  CaptureObserver(const ModelSpec& spec, const CaptureParams& params);
  std::vector<SiteRequest> requests() const override;
  void at(const SiteView& view) override;

  /// Maps of the queries that yield y_0 .. y_{T-1} (T = 0: of y_0 alone).
  struct Maps {
    std::vector<float> mean, first, last;  ///< [L, S]
    std::vector<double> share;             ///< [L] mass of `mean`
  };
  Maps maps(int answer_tokens) const;
  const std::vector<float>& head_map() const { return head_map_; }  ///< [L, H, S] of y_0, or empty
  std::int64_t image_tokens() const { return cells_; }              ///< columns seen

  const std::vector<float>& first_states() const { return first_; }  ///< [L+1, D]
  const std::vector<float>& last_states() const { return last_; }  ///< [L+1, D] of the newest step
  const std::vector<float>& first_mlp() const { return mlp_; }     ///< [L, D]

 private:
  int layers_, hidden_;
  CaptureParams params_;
  std::int64_t cells_ = 0;
  std::vector<std::vector<double>> steps_;  ///< per step: [L, S] mean over heads
  std::vector<float> head_map_, first_, last_, mlp_;
};

}  // namespace vrp
