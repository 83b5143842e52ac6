#include "stages/capture/group.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/capture/question.hpp"

namespace vrp {

std::vector<RowRange> groups_of(std::size_t first, std::size_t last, int batch) {
  const auto size = static_cast<std::size_t>(batch);
  std::vector<RowRange> out;
  while (first < last) {
    const std::size_t end = std::min(last, (first / size + 1) * size);
    out.push_back({first, end});
    first = end;
  }
  return out;
}

std::vector<GroupItem> prepare_group(const ItemTable& items, RowRange rows,
                                     std::span<const Picture> pictures, const Model& model,
                                     const PromptStyle& style) {
  std::vector<GroupItem> group(rows.last - rows.first);
  for (std::size_t i = 0; i < group.size(); ++i) {
    GroupItem& item = group[i];
    item.row = rows.first + i;
    item.picture = &pictures[i];
    item.problem = pictures[i].problem;
    if (!item.problem.empty()) continue;
    try {
      item.prepared = asked_item(pictures[i], model, items, item.row, style);
    } catch (const Error& error) {
      if (error.code() == ExitCode::internal) throw;
      item.problem = error.what();
    }
  }
  return group;
}

std::vector<ModelReply> ask_group(const std::vector<GroupItem>& group, const Model& model,
                                  const GenerationParams& generation,
                                  const GenerationParams& path_generation,
                                  const SamplingParams& sampling) {
  std::vector<ModelQuestion> questions;
  for (const GroupItem& item : group) {
    if (!item.problem.empty()) continue;
    questions.push_back(item.question);
    questions.back().item = item.prepared.get();
  }
  std::vector<ModelReply> found;
  if (!questions.empty()) {
    found = model.answer(questions, generation, path_generation, sampling);
  }
  std::vector<ModelReply> replies(group.size());
  auto next = found.begin();
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].problem.empty()) {
      replies[i] = std::move(*next++);
    } else {
      replies[i].problem = group[i].problem;
    }
  }
  return replies;
}

}  // namespace vrp
