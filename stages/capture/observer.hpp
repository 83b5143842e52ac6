#pragma once
// The capture observer: keeps what one greedy run shows of attention and states.
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "pipeline/model/model.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

class CaptureObserver : public Observer {
 public:
  CaptureObserver(const ModelSpec& spec, const CaptureParams& params);
  std::vector<SiteRequest> requests() const override;
  void at(const SiteView& view) override;
  bool restart() override;

  /// Error (internal) unless every site asked for was shown once in each of `passes` passes (the
  /// prompt's and one a token run after it; head_out and image_update: in the prompt's alone) of
  /// every block.
  void check_views(int passes) const;

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
  const std::vector<float>& first_attention() const { return attention_; }  ///< [L, D], with lens
  const std::vector<float>& head_out() const { return head_out_; }          ///< [L, H, D], if kept
  const std::vector<float>& image_update() const { return image_update_; }  ///< [L, 2], with lens

 private:
  void add_attention(const SiteView& view);
  void count(const SiteView& view);
  void copy(const SiteView& view, std::vector<float>& to, int row) const;

  int layers_, heads_, hidden_;
  CaptureParams params_;
  std::int64_t cells_ = 0;
  std::vector<std::vector<double>> steps_;  ///< per step: [L, S] mean over heads
  std::vector<float> head_map_, first_, last_, mlp_, attention_, head_out_, image_update_;
  std::map<std::pair<Site, int>, int> views_;  ///< by site and block
};

/// The states at the last prompt position of a run of the prompt alone.
class StateObserver : public Observer {
 public:
  explicit StateObserver(const ModelSpec& spec);
  std::vector<SiteRequest> requests() const override;
  void at(const SiteView& view) override;
  bool restart() override;
  /// [L+1, D]. Error (internal) unless each was shown once.
  const std::vector<float>& states() const;

 private:
  std::size_t hidden_;
  std::vector<float> states_;
  std::vector<int> shown_;  ///< [L+1]
};

}  // namespace vrp
