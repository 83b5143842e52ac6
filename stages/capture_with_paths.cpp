#include "stages/capture_with_paths.hpp"

#include <optional>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// What `ask` gives; nothing, and in `problem` why, where it is an Error.
template <class Ask>
auto tried(Ask ask, std::string& problem) -> std::optional<decltype(ask())> {
  try {
    return ask();
  } catch (const Error& error) {
    if (error.code() == ExitCode::internal) throw;
    problem = error.what();
    return std::nullopt;
  }
}

}  // namespace

std::pair<Record, Record> capture_with_paths(const TogetherInput& in,
                                             const std::function<void()>& done) {
  CaptureUnit captured(in.items, in.model, in.style, in.generation, in.capture);
  ConsistencyColumns sampled(in.items, in.consistency);
  const PathSettings paths = path_settings(in.generation, in.consistency, in.seed);
  const std::size_t last = in.first + in.pictures.size();
  for (const RowRange rows : groups_of(in.first, last, in.model.batch())) {
    const auto shown =
        std::span(in.pictures).subspan(rows.first - in.first, rows.last - rows.first);
    std::vector<GroupItem> group = prepare_group(in.items, rows, shown, in.model, in.style);
    std::vector<CaptureObserver> seen = captured.observers(group);
    const std::vector<Rng> rngs = paths.rngs(group, in.items, in.model_name);
    ask_group(group, in.model, captured.generation(), paths.generation, paths.sampling);
    for (std::size_t i = 0; i < group.size(); ++i) {
      const GroupItem& item = group[i];
      if (!item.problem.empty()) {
        captured.add_failure(item.row, item.problem);
        sampled.add_failure(item.row, item.problem);
      } else if (item.reply.problem.empty()) {
        captured.add(item, item.reply.answers.greedy, seen[i]);
        sampled.add(item.row, item.reply.answers.paths);
      } else {
        std::string problem;
        seen[i].restart();
        const auto greedy =
            tried([&] { return in.model.greedy(item.prepared, captured.generation(), &seen[i]); },
                  problem);
        greedy ? captured.add(item, *greedy, seen[i]) : captured.add_failure(item.row, problem);
        const auto drawn = tried(
            [&] {
              return in.model.sample(item.prepared, paths.generation, paths.sampling, rngs[i]);
            },
            problem);
        drawn ? sampled.add(item.row, *drawn) : sampled.add_failure(item.row, problem);
      }
      done();
    }
  }
  return {captured.finish(), sampled.finish()};
}

}  // namespace vrp
