#include "stages/capture_with_paths.hpp"

namespace vrp {
namespace {

/// A group's replies to capture and to consistency. Where the pass for both fails at an item, each
/// stage's own pass of the whole group decides: with as many questions at once as alone, and so
/// with the bits that it has alone.
class GroupReplies {
 public:
  /// `seen`, `rngs`: of the group's items.
  GroupReplies(std::vector<GroupItem>& group, const Model& model,
               const GenerationParams& generation, const PathSettings& paths,
               std::vector<CaptureObserver>& seen, const std::vector<Rng>& rngs)
      : both_(ask_group(group, model, generation, paths.generation, paths.sampling)) {
    bool failed = false;
    for (std::size_t i = 0; i < group.size(); ++i) {
      ModelQuestion& question = group[i].question = {};
      if (both_[i].problem.empty() || !group[i].problem.empty()) continue;
      failed = true;
      seen[i].restart();
      question.observer = &seen[i];
    }
    if (!failed) return;
    captured_ = ask_group(group, model, generation);
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i].question = {.greedy = false, .paths = &rngs[i]};
    }
    sampled_ = ask_group(group, model, {}, paths.generation, paths.sampling);
  }

  const ModelReply& captured(std::size_t i) const { return of(captured_, i); }
  const ModelReply& sampled(std::size_t i) const { return of(sampled_, i); }

 private:
  const ModelReply& of(const std::vector<ModelReply>& alone, std::size_t i) const {
    return both_[i].problem.empty() || alone.empty() ? both_[i] : alone[i];
  }

  std::vector<ModelReply> both_, captured_, sampled_;
};

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
    const GroupReplies replies(group, in.model, captured.generation(), paths, seen, rngs);
    for (std::size_t i = 0; i < group.size(); ++i) {
      captured.add(group[i], replies.captured(i), seen[i]);
      sampled.add(group[i].row, replies.sampled(i));
      done();
    }
  }
  return {captured.finish(), sampled.finish()};
}

}  // namespace vrp
