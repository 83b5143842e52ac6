// Several questions at once: their prompts one after another, without waiting for the device in
// between, then all their answers in one batch.
#include <algorithm>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/model/decode_batch.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"
#include "pipeline/model/prompt_run.hpp"

namespace vrp {
namespace {

/// What the answers' keys and values of a batch may take.
constexpr std::int64_t kMostAnswerBytes = std::int64_t{4} << 30;

struct Settings {
  const GenerationParams& greedy;
  const GenerationParams& paths;
  const SamplingParams& sampling;
};

using Questions = std::span<const ModelQuestion>;
using Replies = std::span<ModelReply>;

/// The question by itself.
GreedyAndPaths reply_to(const Model& model, const ModelQuestion& asked, const Settings& by) {
  if (asked.paths == nullptr) return {model.greedy(*asked.item, by.greedy, asked.observer), {}};
  if (!asked.greedy) return {{}, model.sample(*asked.item, by.paths, by.sampling, *asked.paths)};
  return model.greedy_and_paths(*asked.item, by.greedy, by.paths, by.sampling, *asked.paths,
                                asked.observer);
}

/// A question on its way.
class Asked {
 public:
  Asked(const Network& network, const ModelQuestion& question, const Settings& by)
      : question_(question),
        last_(std::ssize(question.item->ids) - 1),
        taps_(question.greedy ? question.observer : nullptr, network.spec,
              question.item->image_positions, last_, last_),
        greedy_(network.spec, by.greedy),
        request_{
            .item = question.item, .ids = question.item->ids, .answers = true, .taps = &taps_} {
    if (question.paths != nullptr) {
      uniforms_ = uniforms_of(*question.paths);
      paths_.resize(static_cast<std::size_t>(by.sampling.samples),
                    AnswerBuilder(network.spec, by.paths));
    }
  }
  Asked(const Asked&) = delete;  // a batch points here

  /// Uploads the picture, before anything is run that an upload would wait for.
  PromptRun* start(const Network& network) {
    request_.pixels = upload_image(network, question_.item->image);
    run_ = std::make_unique<PromptRun>(network, std::exchange(request_, {}));
    taps_.hold(true);  // nobody looks, and the device runs on, until all prompts are through
    return run_.get();
  }
  void finish_prompt() {
    prompt_ = run_->finish();
    run_.reset();
    taps_.hold(false);
    taps_.flush();
  }
  BatchMember member() {
    return {&prompt_, question_.greedy ? &greedy_ : nullptr, &taps_, paths_, &uniforms_, {}};
  }
  GreedyAndPaths finish(const Tokenizer& tokenizer) {
    GreedyAndPaths out;
    if (question_.greedy) out.greedy = greedy_.builder.finish(tokenizer);
    for (AnswerBuilder& path : paths_) out.paths.push_back(path.finish(tokenizer));
    return out;
  }

 private:
  const ModelQuestion& question_;
  std::int64_t last_;
  Taps taps_;
  GreedyRow greedy_;
  std::vector<AnswerBuilder> paths_;
  Uniforms uniforms_;
  PromptRequest request_;
  std::unique_ptr<PromptRun> run_;
  Prompt prompt_;
};

void check_question(const Network& network, const ModelQuestion& question, const Settings& by) {
  if (question.greedy) check_generation(network, *question.item, by.greedy);
  if (question.paths == nullptr) return;
  check_sampling(by.sampling);
  check_generation(network, *question.item, by.paths);
}

}  // namespace

/// Questions of a batch, with the model to itself.
class Together {
 public:
  Together(const Model::Impl& model, Questions questions, const Settings& by, Replies replies)
      : model_(model), questions_(questions), by_(by), replies_(replies) {
    for (const ModelQuestion& question : questions) {
      longest_ = std::max(longest_, std::ssize(question.item->ids));
    }
  }

  /// How many of them memory is known to allow.
  std::size_t allowed() const { return static_cast<std::size_t>(rung().batch); }

  /// False: memory ran out; fewer are allowed from now on, and the observers have started again.
  bool run() {
    const MemoryRung now = rung();
    try {
      model_.network.working = {now.rows, now.keep, false};
      ask();
      return true;
    } catch (...) {
      if (out_of_memory_text().empty()) throw;
    }
    model_.prefixes.clear();
    empty_device_cache(model_.network.device);
    model_.ladder->down(MemoryWork::questions, longest_, most(), now, false);
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      replies_[i] = {};
      Observer* observer = questions_[i].observer;
      if (observer != nullptr && !observer->restart()) {
        replies_[i].problem = "out of memory in a batch of questions";
      }
    }
    return false;
  }

 private:
  int most() const { return static_cast<int>(questions_.size()); }
  MemoryRung rung() const { return model_.ladder->start(MemoryWork::questions, longest_, most()); }

  void ask() {
    const Network& network = model_.network;
    std::vector<std::unique_ptr<Asked>> asked(questions_.size());
    std::vector<PromptRun*> prompts(questions_.size());
    std::vector<std::string> problems(questions_.size());
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      attempt(problems[i], [&] {
        check_question(network, questions_[i], by_);
        asked[i] = std::make_unique<Asked>(network, questions_[i], by_);
        prompts[i] = asked[i]->start(network);
      });
    }
    run_prompts(network, prompts, problems);
    std::vector<BatchMember> members;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      attempt(problems[i], [&] {
        asked[i]->finish_prompt();
        members.push_back(asked[i]->member());
        which.push_back(i);
      });
      replies_[i].problem = problems[i];
    }
    if (members.empty()) return;
    decode_batch(network, members, by_.sampling, most_at_once(network, by_.sampling.samples));
    for (std::size_t m = 0; m < members.size(); ++m) {
      ModelReply& reply = replies_[which[m]];
      reply.problem = members[m].problem;
      if (reply.problem.empty()) reply.answers = asked[which[m]]->finish(model_.tokenizer);
    }
  }

  const Model::Impl& model_;
  Questions questions_;
  const Settings& by_;
  Replies replies_;
  std::int64_t longest_ = 0;
};

namespace {

/// As many as keep the answers' keys and values within bounds, whatever memory there is.
std::size_t questions_at_once(const Model::Impl& model, const Settings& by) {
  const TextSpec& t = model.network.spec.text;
  const std::int64_t numbers = std::int64_t{2} * t.layers * t.kv_heads * t.head_dim;
  const std::int64_t tokens = std::max(by.greedy.max_new_tokens, by.paths.max_new_tokens);
  const std::int64_t bytes = numbers * tokens * (kFixedPaths + 1) *
                             static_cast<std::int64_t>(c10::elementSize(model.network.dtype));
  return static_cast<std::size_t>(std::clamp<std::int64_t>(
      kMostAnswerBytes / std::max<std::int64_t>(bytes, 1), 1, model.batch));
}

/// Edits happen within a pass, which a batch has for all.
bool edits(const ModelQuestion& question) {
  return question.observer != nullptr &&
         std::ranges::any_of(question.observer->requests(),
                             [](const SiteRequest& request) { return request.edit; });
}

void answer_some(const Model& asks, const Model::Impl& model, Questions questions,
                 const Settings& by, Replies replies) {
  if (questions.size() == 1 || std::ranges::any_of(questions, edits)) {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      attempt(replies[i].problem, [&] { replies[i].answers = reply_to(asks, questions[i], by); });
    }
    return;
  }
  std::size_t part = questions.size();
  {
    const ComputeScope scope(model);
    Together together(model, questions, by, replies);
    part = std::min(part, together.allowed());
    if (part == questions.size() && together.run()) return;
    part = std::min(part, together.allowed());
  }
  for (std::size_t first = 0; first < questions.size(); first += part) {
    const std::size_t count = std::min(part, questions.size() - first);
    answer_some(asks, model, questions.subspan(first, count), by, replies.subspan(first, count));
  }
}

}  // namespace

int Model::batch() const { return impl_->batch; }

std::vector<ModelReply> Model::answer(std::span<const ModelQuestion> questions,
                                      const GenerationParams& params,
                                      const GenerationParams& path_params,
                                      const SamplingParams& sampling) const {
  const Settings by{params, path_params, sampling};
  std::vector<ModelReply> replies(questions.size());
  const std::size_t most = questions_at_once(*impl_, by);
  for (std::size_t first = 0; first < questions.size(); first += most) {
    const std::size_t count = std::min(most, questions.size() - first);
    answer_some(*this, *impl_, questions.subspan(first, count), by,
                std::span(replies).subspan(first, count));
  }
  return replies;
}

}  // namespace vrp
