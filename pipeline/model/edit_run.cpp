// Many edited greedy answers to one item: one unedited run of the prompt, the blocks from each
// condition's first edit on in batches of conditions, then their answers as rows of one batch.
#include <algorithm>
#include <memory>
#include <numeric>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/forward_edit.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

class EditedRun {
 public:
  EditedRun(const Model::Impl& model, ImagePrefix& prefix, const PreparedItem& item,
            const GenerationParams& params, std::span<const EditCondition> conditions)
      : model_(model),
        network_(model.network),
        prefix_(prefix),
        item_(item),
        params_(params),
        conditions_(conditions),
        layers_(network_.spec.text.layers),
        results_(conditions.size()) {
    for (const EditCondition& condition : conditions) {
      check_condition(condition, network_.spec.text, std::ssize(item.image_positions));
    }
    for (const EditCondition& condition : conditions) {
      branches_.push_back(std::make_unique<Branch>(network_, condition, item));
    }
    lay_out_pieces();
  }

  /// At most `most` conditions at once, and as many as `bytes` hold.
  std::vector<EditedAnswer> run(std::int64_t bytes, std::size_t most) {
    std::vector<std::size_t> edited, plain;
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      (fork(i) < layers_ ? edited : plain).push_back(i);
    }
    std::ranges::stable_sort(edited, {}, [&](std::size_t i) { return fork(i); });
    Trunk trunk = make_trunk(edited);
    prompt_ = run_whole_prompt(network_, &prefix_, item_, item_.ids, 1, true, Taps(&trunk));
    if (!plain.empty()) {
      // By itself, in the shapes of any greedy answer.
      const EditedAnswer answer{greedy_answer(model_, prompt_, params_, {}),
                                on_host(prompt_.states[0])};
      for (const std::size_t i : plain) results_[i] = answer;
    }
    for (std::size_t begin = 0; begin < edited.size();) {
      std::size_t end = begin;
      std::int64_t held = 0;
      do held += bytes_of(*branches_[edited[end++]]);
      while (end < edited.size() && end - begin < most &&
             held + bytes_of(*branches_[edited[end]]) <= bytes);
      run_together(trunk, std::span(edited).subspan(begin, end - begin));
      begin = end;
    }
    return std::move(results_);
  }

 private:
  int fork(std::size_t i) const { return branches_[i]->fork(); }

  void lay_out_pieces() {
    const std::int64_t length = std::ssize(item_.ids);
    const std::int64_t split = first_piece(network_.spec.text, item_);
    const auto positions = all_positions(network_.spec.text, item_, length);
    const auto add = [&](std::int64_t first, std::int64_t rows, bool causal) {
      pieces_.push_back({first, rows, rotary_angles(network_, positions, first, rows), causal,
                         first + rows == length});
    };
    add(0, split, !network_.spec.text.prefix_lm);
    if (split < length) add(split, length - split, true);
  }

  /// Whether a branch's states differ from the unedited run's in a piece.
  bool differs(const Branch& branch, const EditedPiece& piece) const {
    return piece.last || branch.changes_early_positions();
  }

  Trunk make_trunk(std::span<const std::size_t> edited) const {
    std::vector<bool> starts(static_cast<std::size_t>(layers_), false);
    bool whole = false, with_store = false;
    for (const std::size_t i : edited) {
      if (fork(i) >= 0) starts[static_cast<std::size_t>(fork(i))] = true;
      const bool early = differs(*branches_[i], pieces_.front());
      whole = whole || (early && fork(i) >= 0);
      with_store = with_store || (!early && fork(i) + 1 < layers_);
    }
    return Trunk(starts, whole, with_store);
  }

  std::int64_t bytes_of(const Branch& branch) const {
    const TextSpec& t = network_.spec.text;
    const auto number = static_cast<std::int64_t>(c10::elementSize(network_.dtype));
    const std::int64_t position = 2 * number * t.kv_heads * t.head_dim;
    const std::int64_t blocks = layers_ - 1 - branch.fork();
    std::int64_t rows = 1;
    for (const EditedPiece& piece : pieces_) {
      if (blocks > 0 && differs(branch, piece)) rows = std::max(rows, piece.rows);
    }
    const std::int64_t width = 4 * std::int64_t{t.hidden} +
                               2 * std::int64_t{t.heads + 2 * t.kv_heads} * t.head_dim +
                               3 * std::int64_t{t.intermediate};
    // The prompt's store is there twice while it is packed.
    return 2 * blocks * std::ssize(item_.ids) * position +
           layers_ * std::int64_t{params_.max_new_tokens} * position + rows * width * number +
           std::int64_t{8} * t.vocab;
  }

  void run_together(const Trunk& trunk, std::span<const std::size_t> chosen) {
    std::vector<Branch*> branches;
    for (const std::size_t i : chosen) branches.push_back(branches_[i].get());
    for (Branch* branch : branches) make_store(*branch);
    at::Tensor states;
    for (const EditedPiece& piece : pieces_) states = run_piece(branches, piece, trunk);
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      results_[chosen[k]].state = on_host(states[static_cast<std::int64_t>(k)]);
    }
    for (Branch* branch : branches) share_store(*branch);
    answer(chosen, branches, states);
    for (Branch* branch : branches) branch->shared = {};
  }

  void make_store(Branch& branch) const {
    const TextSpec& t = network_.spec.text;
    const auto options = at::TensorOptions().device(network_.device).dtype(network_.dtype);
    for (int l = branch.fork() + 1; l < layers_; ++l) {
      for (auto* tensors : {&branch.store.key, &branch.store.value}) {
        tensors->push_back(at::empty({t.kv_heads, std::ssize(item_.ids), t.head_dim}, options));
      }
    }
  }

  at::Tensor run_piece(std::span<Branch* const> branches, const EditedPiece& piece,
                       const Trunk& trunk) {
    const auto ids = std::span(item_.ids).subspan(static_cast<std::size_t>(piece.first),
                                                  static_cast<std::size_t>(piece.rows));
    std::vector<Branch*> here;
    std::vector<at::Tensor> embedded;
    for (Branch* branch : branches) {
      if (!differs(*branch, piece)) {
        take_store(*branch, trunk.store, piece);
        continue;
      }
      here.push_back(branch);
      if (branch->fork() >= 0) continue;
      if (piece.first > 0) {
        embedded.push_back(embed_tokens(network_, ids));
      } else {
        const at::Tensor features = image_features(network_, &prefix_, item_);
        embedded.push_back(merge_image(network_, item_, ids, branch->edit_features(features)));
      }
    }
    if (here.empty()) return {};
    return run_edited_piece(network_, here, piece, trunk, std::move(embedded));
  }

  /// Keys and values of a piece that are the unedited run's.
  static void take_store(Branch& branch, const KeyValues& from, const EditedPiece& piece) {
    for (std::size_t place = 0; place < branch.store.key.size(); ++place) {
      const std::size_t block = place + static_cast<std::size_t>(branch.fork() + 1);
      branch.store.key[place]
          .narrow(1, piece.first, piece.rows)
          .copy_(from.key[block].narrow(1, piece.first, piece.rows));
      branch.store.value[place]
          .narrow(1, piece.first, piece.rows)
          .copy_(from.value[block].narrow(1, piece.first, piece.rows));
    }
  }

  void share_store(Branch& branch) const {
    if (branch.store.key.empty()) return;
    for (auto* tensors : {&branch.store.key, &branch.store.value}) {
      for (at::Tensor& positions : *tensors) positions = branch.seen(positions);
    }
    branch.shared = network_.ops->share_prompt(std::move(branch.store));
    branch.store = {};
  }

  /// Greedy answers of branches that stand behind their prompts with `states` [branches, D].
  void answer(std::span<const std::size_t> chosen, std::span<Branch* const> branches,
              const at::Tensor& states) {
    const auto count = static_cast<std::int64_t>(chosen.size());
    std::vector<AnswerBuilder> builders(chosen.size(), AnswerBuilder(network_.spec, params_));
    std::vector<std::int64_t> steps(chosen.size(), 0), rows(chosen.size());
    std::iota(rows.begin(), rows.end(), 0);  // branches that still answer
    KeyValues store = empty_answer_store(network_, count, params_.max_new_tokens);
    at::Tensor x = states;
    for (int step = 0;; ++step) {
      const at::Tensor logits = head_logits(network_, x);
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto k = static_cast<std::size_t>(rows[r]);
        const auto row = row_of(logits, r, step, conditions_[chosen[k]]);
        const std::int32_t token = arg_max(row);
        builders[k].take(token, token_statistics(row, token));
      }
      std::erase_if(
          rows, [&](std::int64_t k) { return builders[static_cast<std::size_t>(k)].finished(); });
      if (rows.empty()) break;
      std::vector<std::int32_t> tokens;
      std::vector<Branch*> now;
      for (const std::int64_t row : rows) {
        const auto k = static_cast<std::size_t>(row);
        tokens.push_back(builders[k].last_token());
        now.push_back(branches[k]);
        ++steps[k];
      }
      x = embed_tokens(network_, tokens);
      run_edited_answer(network_, x, {now, &prompt_.shared, &store, rows, step});
    }
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      branches[k]->require_all_fired(steps[k]);
      results_[chosen[k]].answer = builders[k].finish(model_.tokenizer);
    }
  }

  static std::span<const float> row_of(const at::Tensor& logits, std::size_t row, int step,
                                       const EditCondition& condition) {
    try {
      return checked_row(logits, static_cast<std::int64_t>(row), step);
    } catch (const Error& error) {
      throw Error(error.code(), concat("condition '", condition.name, "': ", error.what()));
    }
  }

  static std::vector<float> on_host(const at::Tensor& state) {
    const at::Tensor copy = state.to(at::kCPU, at::kFloat).contiguous();
    return {copy.const_data_ptr<float>(), copy.const_data_ptr<float>() + copy.numel()};
  }

  const Model::Impl& model_;
  const Network& network_;
  ImagePrefix& prefix_;
  const PreparedItem& item_;
  const GenerationParams& params_;
  std::span<const EditCondition> conditions_;
  int layers_;
  std::vector<EditedPiece> pieces_;
  std::vector<std::unique_ptr<Branch>> branches_;  ///< one a condition
  Prompt prompt_;                                  ///< of the unedited run
  std::vector<EditedAnswer> results_;
};

}  // namespace

std::vector<EditedAnswer> Model::edited(const PreparedItem& item, const GenerationParams& params,
                                        std::span<const EditCondition> conditions,
                                        const EditLimits& limits) const {
  const ComputeScope scope(*impl_);
  check_generation(impl_->network, item, params);
  if (params.final_state) fail_usage("edited answers have no final_state, expected false");
  if (limits.bytes < 1) fail_usage("edits may hold ", limits.bytes, " bytes, expected at least 1");
  return with_less_memory(*impl_, MemoryWork::edits, std::ssize(item.ids),
                          std::max(1, static_cast<int>(conditions.size())), nullptr,
                          [&](const MemoryRung& rung) {
                            ImagePrefix& prefix = impl_->prefixes.of(item.image);
                            return EditedRun(*impl_, prefix, item, params, conditions)
                                .run(limits.bytes, static_cast<std::size_t>(rung.batch));
                          });
}

}  // namespace vrp
