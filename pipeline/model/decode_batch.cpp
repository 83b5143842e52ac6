#include "pipeline/model/decode_batch.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/model/step_graph.hpp"
#include "pipeline/model/token_chooser.hpp"

namespace vrp {
namespace {

/// [n, rows of each] tables of angles: positions of all prompts' rows at answer steps 0 .. n - 1.
Rotary answer_angles(const Network& network, std::span<const SharedPrompt* const> prompts,
                     std::int64_t each, std::int64_t steps) {
  const int axes = network.spec.text.position_axes();
  std::vector<at::Tensor> cos, sin;
  for (const SharedPrompt* prompt : prompts) {
    std::vector<std::int32_t> positions;
    for (int axis = 0; axis < axes; ++axis) {
      for (std::int64_t t = 0; t < steps; ++t) {
        positions.push_back(static_cast<std::int32_t>(prompt->next_position + t));
      }
    }
    const Rotary of_prompt = rotary_angles(network, positions, 0, steps);
    cos.push_back(of_prompt.cos);
    sin.push_back(of_prompt.sin);
  }
  const auto by_row = [&](const std::vector<at::Tensor>& parts) {
    return at::stack(parts, 1).repeat_interleave(each, 1).contiguous();
  };
  return {by_row(cos), by_row(sin)};
}

/// Paths begin .. end - 1 of every member, and in the first of these waves the greedy answers.
class Wave {
 public:
  Wave(const Network& network, std::span<BatchMember> members, const SamplingParams& sampling,
       int at_once, int begin)
      : network_(network),
        batch_(*network.ops->batch()),
        members_(members),
        begin_(begin),
        each_(at_once + 1),
        rows_(static_cast<std::int64_t>(members.size()) * each_) {
    for (const BatchMember& member : members_) prompts_.push_back(&member.prompt->shared);
    capacity_ = most_tokens();
    chooser_ = batch_.chooser(rows_, each_, sampling.temperature, sampling.top_p);
    kinds_.resize(static_cast<std::size_t>(rows_));
    uniforms_.resize(kinds_.size());
  }

  /// `first`: logits [G, V] behind the prompts.
  void run(const at::Tensor& first) {
    for (const auto& taps : watching()) taps->hold(true);
    expect(0);
    const auto on_device = at::TensorOptions().device(network_.device).dtype(at::kLong);
    chooser_->choose(first.index_select(
        0, at::arange(rows_, on_device).floor_divide(at::scalar_tensor(each_, on_device))));
    take(0);
    std::unique_ptr<StepGraph> graph;
    int recorded = 0;
    const bool records = batch_.recordable(network_.spec.text.head_dim, prompts_.size()) &&
                         std::ranges::none_of(watching(), [](const Taps* t) { return t->edits(); });
    for (int step = 1; !finished(); ++step) {
      if (step == 1) prepare();
      expect(step);
      if (!records || step == 1) {  // the first one makes what is made once
        pass(step);
        recorded = step;
      } else if (graph == nullptr) {
        recorded = step;
        graph = record_step(network_.device, [this, step] { pass(step); });
        graph->replay();
      } else {
        graph->replay();
      }
      show(step - recorded);
      take(step);
    }
    for (const auto& taps : watching()) taps->hold(false);
  }

 private:
  bool greedy_here(const BatchMember& member) const {
    return begin_ == 0 && member.greedy != nullptr && member.problem.empty();
  }
  /// A pass of a greedy answer's last token is wanted.
  bool watched(const BatchMember& member) const {
    return greedy_here(member) && !member.greedy->over;
  }
  AnswerBuilder* path(const BatchMember& member, std::int64_t row) const {
    const auto k = static_cast<std::size_t>(begin_ + row - 1);
    return row == 0 || k >= member.paths.size() || !member.problem.empty() ? nullptr
                                                                           : &member.paths[k];
  }
  std::vector<const Taps*> watching() const {
    std::vector<const Taps*> out;
    for (const BatchMember& member : members_) {
      if (begin_ == 0 && member.greedy != nullptr && member.taps != nullptr) {
        out.push_back(member.taps);
      }
    }
    return out;
  }

  std::int64_t most_tokens() const {
    int most = 1;
    for (const BatchMember& member : members_) {
      if (greedy_here(member)) most = std::max(most, member.greedy->builder.limit());
      for (const AnswerBuilder& builder : member.paths) most = std::max(most, builder.limit());
    }
    return most;
  }

  bool finished() const {
    for (const BatchMember& member : members_) {
      if (watched(member)) return false;
      for (std::int64_t r = 1; r < each_; ++r) {
        const AnswerBuilder* builder = path(member, r);
        if (builder != nullptr && !builder->finished()) return false;
      }
    }
    return true;
  }

  /// use(member, row of the member, row of the batch) for all rows.
  template <class Use>
  void each_row(const Use& use) {
    std::size_t row = 0;
    for (BatchMember& member : members_) {
      for (std::int64_t r = 0; r < each_; ++r) use(member, r, row++);
    }
  }

  void expect(int step) {
    each_row([&](const BatchMember& member, std::int64_t r, std::size_t row) {
      kinds_[row] = RowKind::idle;
      uniforms_[row] = 0;
      const AnswerBuilder* builder = path(member, r);
      if (r == 0 && watched(member) && !member.greedy->builder.finished()) {
        kinds_[row] = RowKind::greedy;
      } else if (builder != nullptr && !builder->finished()) {
        kinds_[row] = RowKind::path;
        uniforms_[row] = (*member.uniforms)(begin_ + static_cast<int>(r) - 1, step);
      }
    });
    chooser_->expect(kinds_, uniforms_);
  }

  void take(int step) {
    const std::span<const ChosenRow> chosen = chooser_->settle();
    each_row([&](BatchMember& member, std::int64_t r, std::size_t row) {
      if (!member.problem.empty()) return;
      if (kinds_[row] == RowKind::idle) {
        // The last pass of a greedy answer was run for its states alone.
        if (r == 0 && step > 0 && watched(member)) member.greedy->over = true;
        return;
      }
      const ChosenRow& one = chosen[row];
      if (!one.problem.empty()) {
        member.problem = concat("non-finite logits at step ", step, ": ", one.problem);
      } else if (r == 0) {
        member.greedy->take(one.token, one.statistics);
      } else {
        path(member, r)->take(one.token, one.statistics);
      }
    });
  }

  /// What the passes read and write, where it stays.
  void prepare() {
    const at::TensorOptions options = at::TensorOptions().device(network_.device);
    store_ = empty_answer_store(network_, rows_, capacity_);
    angles_ = answer_angles(network_, prompts_, each_, capacity_);
    entry_ = at::zeros({1}, options.dtype(at::kLong));
    own_rows_ = at::ones({rows_}, options.dtype(at::kInt));
    want_columns(options);
  }

  void want_columns(const at::TensorOptions& options) {
    std::vector<std::int32_t> rows;
    std::vector<at::Tensor> lists;
    std::int64_t longest = 0;
    wanted_.index.resize(members_.size());
    for (std::size_t g = 0; g < members_.size(); ++g) {
      if (!watched(members_[g]) || !members_[g].taps->wants_any(Site::attention_row)) continue;
      const at::Tensor& columns = members_[g].taps->image_columns(network_.device);
      wanted_.index[g] = columns;
      rows.push_back(static_cast<std::int32_t>(static_cast<std::int64_t>(g) * each_));
      lists.push_back(columns.to(at::kInt));
      longest = std::max(longest, columns.size(0));
    }
    if (rows.empty()) return;
    wanted_.row = at::tensor(rows, at::kInt).to(options.device());
    wanted_.column = at::zeros({std::ssize(lists), longest}, options.dtype(at::kInt));
    for (std::size_t i = 0; i < lists.size(); ++i) {
      wanted_.column[static_cast<std::int64_t>(i)].narrow(0, 0, lists[i].size(0)).copy_(lists[i]);
    }
  }

  /// One token of every row: from the chooser's tokens to its next ones.
  void pass(int step) {
    AnswerPass now;
    now.rotary = {angles_.cos.index_select(0, entry_).squeeze(0),
                  angles_.sin.index_select(0, entry_).squeeze(0)};
    now.attend = [&](std::size_t l, const Heads& heads) { return attend(l, heads, step); };
    now.see = [&](Site site, int l, at::Tensor& x) {
      each_watched([&](const BatchMember& member, std::size_t g) {
        member.taps->see_answer(site, l, x, static_cast<std::int64_t>(g) * each_,
                                position(member, step), step);
      });
    };
    at::Tensor x = embed_rows(network_, chooser_->tokens());
    run_answer_blocks(network_, x, now);
    chooser_->choose(head_product(network_, x));
    entry_.add_(1);
    own_rows_.add_(1);
    held_.clear();
    held_of_.clear();
    std::vector<at::Tensor> numbers;
    each_watched([&](BatchMember& member, std::size_t) {
      HeldViews views = member.taps->take();
      if (views.views.empty()) return;
      numbers.push_back(views.numbers);
      held_.push_back(std::move(views));
      held_of_.push_back(&member);
    });
    held_numbers_ = numbers.empty() ? at::Tensor() : at::cat(numbers);
  }

  at::Tensor attend(std::size_t l, const Heads& heads, int step) {
    batch_.append(store_, l, heads.key, heads.value, entry_, own_rows_);
    const int number = static_cast<int>(l);
    bool wanted = false;
    each_watched([&](const BatchMember& member, std::size_t) {
      wanted = wanted || member.taps->wants(Site::attention_row, number);
    });
    const BatchAttended attended = batch_.attend_batch({.query = heads.query,
                                                        .block = l,
                                                        .own = step,
                                                        .own_rows = own_rows_,
                                                        .prompts = prompts_,
                                                        .wanted = wanted ? &wanted_ : nullptr},
                                                       store_);
    each_watched([&](const BatchMember& member, std::size_t g) {
      if (!wanted || !attended.weights[g].defined()) return;
      member.taps->see_attention(number, attended.weights[g], position(member, step), step);
    });
    return attended.out;
  }

  /// use(member, its number) for each whose pass is watched.
  template <class Use>
  void each_watched(const Use& use) {
    for (std::size_t g = 0; g < members_.size(); ++g) {
      if (watched(members_[g]) && members_[g].taps != nullptr) use(members_[g], g);
    }
  }

  std::int64_t position(const BatchMember& member, int step) const {
    return member.prompt->shared.length + step - 1;
  }

  /// Shows a pass's views to those whose greedy answer still goes on; `later`: steps since the pass
  /// that took them.
  void show(int later) {
    if (!held_numbers_.defined()) return;
    const at::Tensor host = held_numbers_.to(at::kCPU);
    const float* numbers = host.const_data_ptr<float>();
    for (std::size_t i = 0; i < held_.size(); ++i) {
      BatchMember& member = *held_of_[i];
      if (watched(member))
        attempt(member.problem, [&] { member.taps->show(held_[i], numbers, later); });
      numbers += held_[i].numbers.numel();
    }
  }

  const Network& network_;
  const BatchOps& batch_;
  std::span<BatchMember> members_;
  int begin_;
  std::int64_t each_, rows_, capacity_ = 0;
  std::vector<const SharedPrompt*> prompts_;
  std::unique_ptr<TokenChooser> chooser_;
  std::vector<RowKind> kinds_;
  std::vector<double> uniforms_;
  KeyValues store_;
  Rotary angles_;        ///< [capacity, rows, head_dim / 2]
  at::Tensor entry_;     ///< [1] where the pass's keys and values go
  at::Tensor own_rows_;  ///< [rows] int32, positions with the pass's own
  WantedColumns wanted_;
  std::vector<HeldViews> held_;
  std::vector<BatchMember*> held_of_;
  at::Tensor held_numbers_;  ///< of all of them
};

}  // namespace

void decode_batch(const Network& network, std::span<BatchMember> members,
                  const SamplingParams& sampling, int at_once) {
  std::vector<at::Tensor> states;
  int paths = 0;
  for (const BatchMember& member : members) {
    states.push_back(member.prompt->states);
    paths = std::max(paths, static_cast<int>(member.paths.size()));
  }
  const at::Tensor first = head_product_by_groups(network, at::cat(states, 0));
  for (int begin = 0; begin == 0 || begin < paths; begin += at_once) {
    Wave(network, members, sampling, at_once, begin).run(first);
  }
}

}  // namespace vrp
