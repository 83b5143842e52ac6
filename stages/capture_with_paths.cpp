#include "stages/capture_with_paths.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {

std::pair<Record, Record> capture_with_paths(const TogetherInput& input,
                                             const std::function<void()>& done) {
  const PathSettings paths = path_settings(input.generation, input.consistency, input.seed);
  DrawnPaths drawn;
  const AskGreedy ask = [&](std::size_t row, const PreparedItem& item,
                            const GenerationParams& generation, Observer& observer) {
    try {
      GreedyAndPaths both =
          input.model.greedy_and_paths(item, generation, paths.generation, paths.sampling,
                                       paths.rng(input.items, row, input.model_name), &observer);
      drawn[row] = std::move(both.paths);
      return both.greedy;
    } catch (const Error& error) {
      if (error.code() == ExitCode::internal || !observer.restart()) throw;
      return input.model.greedy(item, generation, &observer);
    }
  };
  Record captured = capture(input.items, input.first, input.pictures, input.model, input.style,
                            input.generation, input.capture, done, ask);
  Record sampled = consistency(
      input.items, input.first, input.pictures, input.model, input.model_name, input.style,
      input.generation, input.consistency, input.seed, [] {}, drawn);
  return {std::move(captured), std::move(sampled)};
}

}  // namespace vrp
