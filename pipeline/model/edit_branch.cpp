#include "pipeline/model/edit_branch.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {

Branch::Branch(const Network& network, const EditCondition& condition, const PreparedItem& item)
    : condition_(condition),
      layers_(network.spec.text.layers),
      fork_(fork_layer(condition, layers_)),
      prompt_(std::ssize(item.ids)) {
  early_ = fork_ < 0;
  for (const Edit& edit : condition.edits) {
    Compiled compiled{&edit, {}, {}, 0};
    compiled.index = at::tensor(edit.indices, at::kLong).to(network.device);
    if (edit.operation == EditOperation::replace) {
      compiled.values = at::tensor(edit.values, at::kFloat).to(network.device, network.dtype);
    }
    if (edit.site == EditSite::attention) {
      for (const std::int64_t cell : edit.indices) {
        hidden_.push_back(item.image_positions[static_cast<std::size_t>(cell)]);
      }
      compiled.fired = std::ssize(edit.indices);  // counted by block below
    }
    early_ = early_ || (edit.scope == EditScope::all && edit.layer + 1 < layers_);
    edits_.push_back(std::move(compiled));
  }
  std::ranges::sort(hidden_);
  hidden_.erase(std::unique(hidden_.begin(), hidden_.end()), hidden_.end());
  for (std::int64_t position = 0; position < prompt_; ++position) {
    if (!std::ranges::binary_search(hidden_, position)) seen_.push_back(position);
  }
  if (!hidden_.empty()) seen_index_ = at::tensor(seen_, at::kLong).to(network.device);
}

bool Branch::edits(EditSite site, int layer) const {
  return std::ranges::any_of(edits_, [&](const Compiled& what) {
    return what.edit->site == site && what.edit->layer == layer;
  });
}

void Branch::change(Compiled& what, const at::Tensor& rows) {
  const Edit& edit = *what.edit;
  what.fired += rows.size(0);
  at::Tensor target = rows;
  if (edit.operation == EditOperation::bypass) {
    target.zero_();
  } else if (edit.indices.empty()) {
    return;
  } else if (edit.operation == EditOperation::replace) {
    target.index_copy_(1, what.index, what.values.expand({rows.size(0), -1}));
  } else {
    target.index_fill_(1, what.index, static_cast<double>(edit.value));
  }
}

void Branch::edit_prompt(EditSite site, int layer, const at::Tensor& rows, bool with_last) {
  for (Compiled& what : edits_) {
    if (what.edit->site != site || what.edit->layer != layer) continue;
    if (what.edit->scope == EditScope::all) {
      change(what, rows);
    } else if (with_last) {
      change(what, rows.narrow(0, rows.size(0) - 1, 1));
    }
  }
}

void Branch::edit_answer(EditSite site, int layer, const at::Tensor& row) {
  for (Compiled& what : edits_) {
    if (what.edit->site != site || what.edit->layer != layer) continue;
    if (what.edit->scope != EditScope::last_prompt) change(what, row);
  }
}

at::Tensor Branch::edit_features(const at::Tensor& features) {
  at::Tensor out = features;
  for (Compiled& what : edits_) {
    const Edit& edit = *what.edit;
    if (edit.site != EditSite::image_features) continue;
    what.fired += std::ssize(edit.indices);
    if (edit.indices.empty()) continue;
    if (out.is_same(features)) out = features.clone();
    if (edit.operation == EditOperation::mean) {
      const at::Tensor mean = features.to(at::kFloat).mean(0, true).to(features.scalar_type());
      out.index_copy_(0, what.index, mean.expand({what.index.size(0), -1}));
    } else {
      out.index_fill_(0, what.index, static_cast<double>(edit.value));
    }
  }
  return out;
}

at::Tensor Branch::attend_seen(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, std::int64_t first, bool causal) {
  if (hidden_.empty()) return attend(query, key, value, causal);
  const std::int64_t rows = query.size(1), end = first + rows;
  if (seen_.empty() || seen_.front() > (causal ? first : end - 1)) {
    fail("condition '", condition_.name, "' hides ", hidden_.size(),
         " image tokens, so that position ", first, " has nothing left to attend to");
  }
  const auto count =
      static_cast<std::int64_t>(std::ranges::lower_bound(seen_, end) - seen_.begin());
  if (end == prompt_) ++blocks_hidden_;
  const at::Tensor columns = seen_index_.narrow(0, 0, count);
  const at::Tensor k = key.index_select(1, columns), v = value.index_select(1, columns);
  if (!causal) return attend(query, k, v, false);
  // A few rows at a time: a mask of the whole prompt against itself may be large.
  constexpr std::int64_t kRows = 256;
  const bool grouped = k.size(0) != query.size(0);
  std::vector<at::Tensor> parts;
  for (std::int64_t r = 0; r < rows; r += kRows) {
    const std::int64_t now = std::min(kRows, rows - r);
    const at::Tensor position = at::arange(first + r, first + r + now, columns.options());
    const at::Tensor mask = columns.unsqueeze(0) <= position.unsqueeze(1);
    parts.push_back(at::scaled_dot_product_attention(query.narrow(1, r, now).unsqueeze(0),
                                                     k.unsqueeze(0), v.unsqueeze(0), mask, 0.0,
                                                     false, std::nullopt, grouped)
                        .squeeze(0)
                        .transpose(0, 1)
                        .reshape({now, -1}));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

at::Tensor Branch::seen(const at::Tensor& positions) const {
  return hidden_.empty() ? positions : positions.index_select(1, seen_index_);
}

void Branch::require_all_fired(std::int64_t steps) const {
  for (std::size_t i = 0; i < edits_.size(); ++i) {
    require_fired(condition_, i, edits_[i].fired,
                  expected_rows(*edits_[i].edit, layers_, prompt_, steps));
  }
  if (hidden_.empty()) return;
  const std::int64_t expected = prompt_ - std::ssize(hidden_);
  if (blocks_hidden_ != layers_ || shared.length != expected) {
    throw Error(ExitCode::internal,
                concat("condition '", condition_.name, "' hid image tokens in ", blocks_hidden_,
                       " blocks, expected ", layers_, ", and answers see ", shared.length,
                       " prompt positions, expected ", expected));
  }
}

}  // namespace vrp
