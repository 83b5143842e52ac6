#pragma once
// Private to pipeline/model: where observers look into a forward pass. The arithmetic is the same
// with and without an observer: views are copies, and only edits are written back.
//
// Edits happen on the spot. On an accelerator, copies that are only read wait until `flush`, so
// that the device is not stopped at every block, and are then brought to the host as one.
#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/model/edit_trunk.hpp"
#include "pipeline/model/model.hpp"

namespace vrp {

/// Views that were taken but not shown yet: their numbers one behind the other, on the device.
struct HeldViews {
  struct View {
    Site site;
    int layer;
    std::int64_t rows, cols, position;
    int step;
  };
  at::Tensor numbers;  ///< [sum of rows x cols] fp32; undefined = none
  std::vector<View> views;
};

class Taps {
 public:
  Taps() = default;  ///< nobody looks
  /// Error when a request names a block that the model does not have or edits what cannot be
  /// edited. `first_query`: position whose state yields y_0; `last`: last position of the pass.
  Taps(Observer* observer, const ModelSpec& spec, std::span<const std::int64_t> image_positions,
       std::int64_t first_query, std::int64_t last);
  /// Nobody looks, but states are kept in `trunk`.
  explicit Taps(Trunk* trunk) : trunk_(trunk) {}

  bool wants(Site site, int layer) const;
  bool wants_any(Site site) const;  ///< of any block
  /// Someone looks at, or edits, more than the last position: nothing computed for another
  /// question may be reused.
  bool sees_whole_prompt() const { return whole_prompt_; }

  /// Shows rows of x [R, D], positions first .. first + R - 1, to who asked, and takes edits.
  void see_prompt(Site site, int layer, at::Tensor& x, std::int64_t first) const;
  /// The same for an answer token, row `row` of the answers' batch x.
  void see_answer(Site site, int layer, at::Tensor& x, std::int64_t row, std::int64_t position,
                  int step) const;
  /// Projected image features [S, D].
  void see_image_features(at::Tensor& x) const;
  /// Attention of one answer query over the image columns [heads, S].
  void see_attention(int layer, const at::Tensor& rows, std::int64_t position, int step) const;

  /// What each head adds at the query that yields y_0: [heads, D].
  void see_heads(int layer, const at::Tensor& rows) const;
  /// What the blocks change at the image positions, [layers, 2] on the host.
  void see_image_update(const at::Tensor& numbers) const;

  /// Where edited runs want to start from, or null.
  Trunk* trunk() const { return trunk_; }

  /// Someone writes to what is seen.
  bool edits() const;
  /// Shows what still waits, unless views are held; to be called after each pass.
  void flush() const;

  /// From now on, or no longer, views that are only read wait on any device, and for `take`.
  void hold(bool on) const { held_ = on; }
  HeldViews take() const;
  /// Shows views whose numbers are on the host; positions and steps are `later` further on than
  /// when they were taken.
  void show(const HeldViews& views, const float* numbers, int later) const;

  /// Image positions as an index on `device`, made once.
  const at::Tensor& image_columns(at::Device device) const;
  /// Answer queries among positions first .. first + rows - 1, for attention rows.
  std::int64_t first_query() const { return first_query_; }
  std::int64_t last() const { return last_; }

 private:
  const std::vector<SiteRequest>& requests(Site site, int layer) const;
  struct Waiting {
    HeldViews::View view;
    at::Tensor copy;  ///< [rows, cols] fp32
  };
  void see(const SiteRequest& request, int layer, at::Tensor& part, std::int64_t position,
           int step) const;
  /// `numbers` [rows, cols]; the observer may write there.
  void call(const HeldViews::View& what, float* numbers) const;

  Observer* observer_ = nullptr;
  Trunk* trunk_ = nullptr;
  std::vector<std::vector<SiteRequest>> table_;  ///< by site and layer + 1
  int layers_ = 0;
  std::vector<std::int64_t> image_positions_;
  std::int64_t first_query_ = 0, last_ = 0;
  bool whole_prompt_ = false;
  mutable std::vector<Waiting> waiting_;
  mutable bool held_ = false;
  mutable at::Tensor columns_;
};

}  // namespace vrp
