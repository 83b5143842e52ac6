// The likelihood of given answers: as sampled paths (sampling.cpp), with the tokens given. They are
// rows of one batch behind one prompt; where rows are independent a path leaves it at its end.
#include <algorithm>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

using Answers = std::span<const std::vector<std::int32_t>>;

/// Tokens of the longest answer.
std::int64_t check_answers(const Network& network, const PreparedItem& item, Answers answers) {
  std::size_t longest = 0;
  for (const auto& answer : answers) {
    if (answer.empty()) fail_usage("an answer to be scored has no tokens, expected at least 1");
    for (const std::int32_t id : answer) {
      if (id < 0 || id >= network.spec.text.vocab) {
        fail_usage("an answer to be scored has the token ", id, ", expected 0 to ",
                   network.spec.text.vocab - 1);
      }
    }
    longest = std::max(longest, answer.size());
  }
  const std::int64_t positions = network.spec.text.max_positions;
  if (std::ssize(item.ids) + static_cast<std::int64_t>(longest) > positions) {
    fail("prompt has ", item.ids.size(), " tokens and an answer to be scored ", longest,
         ", expected at most ", positions, " positions together");
  }
  return static_cast<std::int64_t>(longest);
}

class Losses {
 public:
  Losses(const Network& network, Answers answers) : network_(network), answers_(answers) {
    sum_.resize(answers.size());
  }

  /// Adds the loss of what follows the first `step` tokens of answer k.
  void add(std::size_t k, const at::Tensor& logits, std::int64_t row, int step) {
    const auto done = static_cast<std::size_t>(step);
    const std::int32_t next =
        done < answers_[k].size() ? answers_[k][done] : network_.spec.eos.front();
    sum_[k] -= token_statistics(checked_row(logits, row, step), next).logprob;
  }

  std::vector<double> means() const {
    std::vector<double> out;
    for (std::size_t k = 0; k < sum_.size(); ++k) {
      out.push_back(sum_[k] / static_cast<double>(answers_[k].size() + 1));
    }
    return out;
  }

 private:
  const Network& network_;
  Answers answers_;
  std::vector<double> sum_;
};

/// Mean losses of answers that are one batch behind a prompt; none has more than `longest` tokens.
std::vector<double> losses_behind(const Network& network, const Prompt& prompt,
                                  std::int64_t longest, Answers answers) {
  const Taps nobody;
  Losses losses(network, answers);
  const at::Tensor first = head_logits(network, prompt.states);
  for (std::size_t k = 0; k < answers.size(); ++k) losses.add(k, first, 0, 0);

  const bool independent = network.ops->rows_independent();
  KeyValues store = empty_answer_store(network, std::ssize(answers), longest);
  for (int step = 1; step <= longest; ++step) {
    AnswerStep now{&prompt.shared, &store, {}, step - 1, step};
    std::vector<std::int32_t> tokens;
    for (std::size_t k = 0; k < answers.size(); ++k) {
      const auto length = std::ssize(answers[k]);
      if (independent && step > length) continue;
      now.slots.push_back(static_cast<std::int64_t>(k));
      tokens.push_back(
          answers[k][static_cast<std::size_t>(std::min<std::ptrdiff_t>(step, length)) - 1]);
    }
    at::Tensor x = embed_tokens(network, tokens);
    run_answer(network, x, now, nobody);
    const at::Tensor logits = head_logits(network, x);
    for (std::size_t row = 0; row < now.slots.size(); ++row) {
      const auto k = static_cast<std::size_t>(now.slots[row]);
      if (step <= std::ssize(answers[k])) {
        losses.add(k, logits, static_cast<std::int64_t>(row), step);
      }
    }
  }
  return losses.means();
}

}  // namespace

std::vector<double> Model::answer_losses(const PreparedItem& item, Answers answers) const {
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  const std::int64_t longest = check_answers(network, item, answers);
  if (answers.empty()) return {};
  return with_less_memory(*impl_, MemoryWork::losses, std::ssize(item.ids),
                          static_cast<int>(answers.size()), nullptr, [&](const MemoryRung& rung) {
                            const Taps nobody;
                            ImagePrefix& prefix = impl_->prefixes.of(item.image);
                            const Prompt prompt =
                                run_whole_prompt(network, &prefix, item, item.ids, 1, true, nobody);
                            const auto batch = static_cast<std::size_t>(rung.batch);
                            std::vector<double> means;
                            for (std::size_t first = 0; first < answers.size(); first += batch) {
                              const auto part = losses_behind(
                                  network, prompt, longest,
                                  answers.subspan(first, std::min(batch, answers.size() - first)));
                              means.insert(means.end(), part.begin(), part.end());
                            }
                            return means;
                          });
}

}  // namespace vrp
