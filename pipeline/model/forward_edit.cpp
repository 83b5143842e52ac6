// A piece of the prompt under many conditions.
#include "pipeline/model/forward_edit.hpp"

namespace vrp {
namespace {

/// Rows of branch number `i`, `rows` each.
at::Tensor rows_of(const at::Tensor& x, std::size_t i, std::int64_t rows) {
  return x.narrow(0, static_cast<std::int64_t>(i) * rows, rows);
}

class Piece {
 public:
  Piece(const Network& network, std::span<Branch* const> branches, const EditedPiece& piece,
        const Trunk& trunk)
      : network_(network), branches_(branches), piece_(piece), trunk_(trunk), rows_(piece.rows) {}

  at::Tensor run(std::vector<at::Tensor> embedded) {
    active_ = embedded.size();
    if (active_ > 0) x_ = at::cat(embedded, 0);
    embedded.clear();
    const int layers = network_.spec.text.layers;
    for (int l = active_ > 0 ? 0 : branches_.front()->fork(); l < layers; ++l) {
      last_block_ = l + 1 == layers;
      if (active_ > 0) block(l);
      if (!last_block_ || piece_.last) enter(l);
    }
    return piece_.last ? x_ : at::Tensor();
  }

 private:
  const DecoderLayer& layer(int l) const {
    return network_.weights.layers[static_cast<std::size_t>(l)];
  }
  /// Rows of each branch that still count: in the last block the prompt's last position alone.
  std::int64_t rows_now() const { return last_block_ ? 1 : rows_; }

  /// Block l for the branches that have left the unedited run.
  void block(int l) {
    const Heads heads = project_heads(network_, x_, layer(l), repeated_rotary());
    std::vector<at::Tensor> attended;
    for (std::size_t i = 0; i < active_; ++i) {
      Branch& branch = *branches_[i];
      const std::size_t place = branch.place(static_cast<std::size_t>(l));
      at::Tensor& keys = branch.store.key[place];
      at::Tensor& values = branch.store.value[place];
      keys.narrow(1, piece_.first, rows_).copy_(rows_of(heads.key, i, rows_).transpose(0, 1));
      values.narrow(1, piece_.first, rows_).copy_(rows_of(heads.value, i, rows_).transpose(0, 1));
      if (last_block_ && !piece_.last) continue;
      const std::int64_t end = piece_.first + rows_;
      const at::Tensor out =
          branch.attend_seen(rows_of(heads.query, i, rows_).transpose(0, 1), keys.narrow(1, 0, end),
                             values.narrow(1, 0, end), piece_.first, piece_.causal);
      attended.push_back(out.narrow(0, rows_ - rows_now(), rows_now()));
    }
    if (attended.empty()) return;
    if (last_block_) x_ = x_.view({-1, rows_, x_.size(1)}).select(1, rows_ - 1).contiguous();
    x_.add_(network_.ops->linear(at::cat(attended, 0), layer(l).out));
    at::Tensor out;
    if (acts_edited(l, 0)) {
      at::Tensor act = gated_input(network_, x_, layer(l));
      edit(EditSite::mlp_act, l, 0, act);
      out = network_.ops->linear(act, layer(l).down);
    } else {
      out = mlp_update(network_, x_, layer(l));
    }
    edit(EditSite::mlp_out, l, 0, out);
    x_.add_(out);
    edit(EditSite::residual, l, 0, x_);
  }

  /// The branches that leave the unedited run at the MLP of block l.
  void enter(int l) {
    const std::size_t begin = active_;
    while (active_ < branches_.size() && branches_[active_]->fork() == l) ++active_;
    const auto count = static_cast<std::int64_t>(active_ - begin);
    if (count == 0) return;
    const at::Tensor kept = trunk_.middle(l, piece_.first);
    const at::Tensor middle = kept.narrow(0, rows_ - rows_now(), rows_now());
    at::Tensor out;
    if (acts_edited(l, begin)) {
      at::Tensor acts = gated_input(network_, middle, layer(l)).repeat({count, 1});
      edit(EditSite::mlp_act, l, begin, acts);
      out = network_.ops->linear(acts, layer(l).down);
    } else {
      out = mlp_update(network_, middle, layer(l)).repeat({count, 1});
    }
    edit(EditSite::mlp_out, l, begin, out);
    at::Tensor entered = middle.repeat({count, 1}).add_(out);
    edit(EditSite::residual, l, begin, entered);
    x_ = begin == 0 ? entered : at::cat({x_, entered}, 0);
  }

  /// Whether a branch of begin .. active - 1 edits the input of the block's down projection.
  bool acts_edited(int l, std::size_t begin) const {
    for (std::size_t i = begin; i < active_; ++i) {
      if (branches_[i]->edits(EditSite::mlp_act, l)) return true;
    }
    return false;
  }

  /// Edits of branches begin .. active - 1, whose rows stand in x.
  void edit(EditSite site, int l, std::size_t begin, at::Tensor& x) {
    for (std::size_t i = begin; i < active_; ++i) {
      branches_[i]->edit_prompt(site, l, rows_of(x, i - begin, rows_now()), piece_.last);
    }
  }

  const Rotary& repeated_rotary() {
    const auto count = static_cast<std::int64_t>(active_);
    if (!rotary_.cos.defined() || rotary_.cos.size(0) != count * rows_) {
      rotary_ = {piece_.rotary.cos.repeat({count, 1}), piece_.rotary.sin.repeat({count, 1})};
    }
    return rotary_;
  }

  const Network& network_;
  std::span<Branch* const> branches_;
  const EditedPiece& piece_;
  const Trunk& trunk_;
  const std::int64_t rows_;
  std::size_t active_ = 0;  ///< the first branches, which have left the unedited run
  bool last_block_ = false;
  at::Tensor x_;  ///< [active * rows, D]
  Rotary rotary_;
};

}  // namespace

at::Tensor run_edited_piece(const Network& network, std::span<Branch* const> branches,
                            const EditedPiece& piece, const Trunk& trunk,
                            std::vector<at::Tensor> embedded) {
  return Piece(network, branches, piece, trunk).run(std::move(embedded));
}

}  // namespace vrp
