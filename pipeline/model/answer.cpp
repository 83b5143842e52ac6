// Several questions at once.
#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"

namespace vrp {
namespace {

/// The question by itself.
GreedyAndPaths reply_to(const Model& model, const ModelQuestion& asked,
                        const GenerationParams& params, const GenerationParams& path_params,
                        const SamplingParams& sampling) {
  if (asked.paths == nullptr) return {model.greedy(*asked.item, params, asked.observer), {}};
  if (!asked.greedy) return {{}, model.sample(*asked.item, path_params, sampling, *asked.paths)};
  return model.greedy_and_paths(*asked.item, params, path_params, sampling, *asked.paths,
                                asked.observer);
}

}  // namespace

int Model::batch() const { return impl_->batch; }

std::vector<ModelReply> Model::answer(std::span<const ModelQuestion> questions,
                                      const GenerationParams& params,
                                      const GenerationParams& path_params,
                                      const SamplingParams& sampling) const {
  std::vector<ModelReply> replies(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    try {
      replies[i].answers = reply_to(*this, questions[i], params, path_params, sampling);
    } catch (const Error& error) {
      if (error.code() == ExitCode::internal) throw;
      replies[i].problem = error.what();
    }
  }
  return replies;
}

}  // namespace vrp
