#pragma once
// Private to pipeline/model: one condition while an item is run under it.
#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "pipeline/model/edit.hpp"
#include "pipeline/model/forward.hpp"

namespace vrp {

class Branch {
 public:
  Branch(const Network& network, const EditCondition& condition, const PreparedItem& item);

  int fork() const { return fork_; }
  /// Its edits change what positions before the last piece of the prompt hand on.
  bool changes_early_positions() const { return early_; }
  bool edits(EditSite site, int layer) const;

  /// Makes the edits of a site in rows [R, width] of prompt positions; `with_last`: row R - 1 is
  /// the prompt's last position.
  void edit_prompt(EditSite site, int layer, const at::Tensor& rows, bool with_last);
  /// The same in the one row of a generated token.
  void edit_answer(EditSite site, int layer, const at::Tensor& row);
  /// The features [S, D], edited; the same tensor when nothing is.
  at::Tensor edit_features(const at::Tensor& features);

  /// Attention of rows first .. of a piece over keys and values 0 .. first + R - 1, as `attend`,
  /// but without the hidden positions. Error when a query has nothing left to see.
  at::Tensor attend_seen(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         std::int64_t first, bool causal);
  /// Keys or values [kv_heads, P, head_dim] without the hidden positions.
  at::Tensor seen(const at::Tensor& positions) const;

  /// Error (internal) when an edit did not change the rows that it should have.
  void require_all_fired(std::int64_t steps) const;

  KeyValues store;      ///< of blocks fork + 1 .., of the prompt
  SharedPrompt shared;  ///< the same for answers
  std::size_t place(std::size_t block) const {
    return block - static_cast<std::size_t>(fork_ + 1);
  }  ///< in the stores

 private:
  struct Compiled {
    const Edit* edit;
    at::Tensor index;   ///< int64 [indices]
    at::Tensor values;  ///< [indices]
    std::int64_t fired = 0;
  };
  void change(Compiled& what, const at::Tensor& rows);

  const EditCondition& condition_;
  int layers_, fork_;
  bool early_ = false;
  std::int64_t prompt_;
  std::vector<Compiled> edits_;
  std::vector<std::int64_t> hidden_, seen_;  ///< prompt positions, ascending
  at::Tensor seen_index_;
  int blocks_hidden_ = 0;  ///< whose last piece was run without the hidden positions
};

}  // namespace vrp
