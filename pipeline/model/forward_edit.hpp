#pragma once
// Private to pipeline/model: many conditions of one item as rows of one batch. Below its first edit
// a condition is the unedited run, so that a batch begins with what that run kept (Trunk), at the
// lowest edited block, and grows where further conditions leave the unedited run. Products run over
// all rows at once, attention condition by condition. A condition's bits are those of a run by
// itself where the ops' rows are independent, and those of the unedited run when nothing is edited.
#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "pipeline/model/edit_branch.hpp"
#include "pipeline/model/edit_trunk.hpp"
#include "pipeline/model/forward.hpp"

namespace vrp {

/// A stretch of the prompt, as PromptPiece, and where it lies in it.
struct EditedPiece {
  std::int64_t first = 0, rows = 0;
  Rotary rotary;
  bool causal = true;
  bool last = false;  ///< its last row is the prompt's last position
};

/// Runs a piece for every branch whose fork is below `layers`, ascending by fork; their stores must
/// hold the positions before it. `embedded` has h(-1) [R, D] of each branch with fork -1, in order.
/// Returns h(L-1) at the prompt's last position, [branches, D]; undefined unless the piece is last.
at::Tensor run_edited_piece(const Network& network, std::span<Branch* const> branches,
                            const EditedPiece& piece, const Trunk& trunk,
                            std::vector<at::Tensor> embedded);

/// One token of each branch. x [K, D] is h(-1) on entry and h(L-1) on return.
struct EditedStep {
  std::span<Branch* const> branches;     ///< [K]
  const SharedPrompt* prompt = nullptr;  ///< the unedited run's, for blocks up to a branch's fork
  KeyValues* answers = nullptr;          ///< entry `done` of each slot is written
  std::vector<std::int64_t> slots;       ///< [K]
  std::int64_t done = 0;                 ///< answer tokens before this one
};
void run_edited_answer(const Network& network, at::Tensor& x, const EditedStep& now);

}  // namespace vrp
