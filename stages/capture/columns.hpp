#pragma once
// The columns of a capture record while a unit is being computed.
#include <map>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/choices.hpp"
#include "stages/capture/lens_columns.hpp"
#include "stages/capture/observer.hpp"
#include "stages/capture/record.hpp"

namespace vrp {

class CaptureColumns {
 public:
  CaptureColumns(const ItemTable& items, const ModelSpec& spec, const CaptureParams& params);
  /// `blank_states` [L+1, D] (ignored without hidden and blank), `lens` (ignored without lens) and
  /// `choices` (ignored without choices, and where no item of the table has options).
  void add_answer(std::size_t row, const PreparedItem& item, const Answer& answer,
                  const CaptureObserver& seen, const std::vector<float>& blank_states,
                  const LensItem& lens, const ChoiceLosses& choices = {});
  void add_failure(std::size_t row, const std::string& reason);
  Record finish();

 private:
  void add_row(std::size_t row);
  void add_states(const std::vector<float>& states, bool defined, std::vector<Half>& out);
  bool keeps_blank() const { return params_.hidden && params_.blank; }
  void add_attention(const PreparedItem& item, const Answer& answer, const CaptureObserver& seen);

  const ItemTable& items_;
  const ModelSpec& spec_;
  CaptureParams params_;
  std::int64_t n_ = 0;
  std::vector<std::string> key_, id_, group_, type_, reason_, text_;
  std::vector<std::int32_t> status_, grid_, prompt_tokens_, length_, tokens_, clamped_;
  std::vector<std::uint8_t> ended_;
  std::vector<std::int64_t> patch_offset_{0}, token_offset_{0};
  std::vector<double> geometry_, logprob_, entropy_, p_tok_, logit_entropy_, confidence_, share_;
  std::vector<float> top1_, top2_;
  std::vector<Half> first_, last_, blank_, mlp_;
  std::vector<std::vector<float>> map_, map_first_, map_last_,
      head_map_;  ///< per item [L, S] ([L, H, S])
  LensColumns lens_;
  ChoiceColumns choices_;
};

}  // namespace vrp
