#include "stages/consistency/consistency.hpp"

#include <utility>

namespace vrp {

PathSettings path_settings(const GenerationParams& generation, const ConsistencyParams& params,
                           std::uint64_t seed) {
  PathSettings out{
      generation, {params.samples, params.temperature, params.top_p, params.share_prefix}, seed};
  if (params.ignore_eos) out.generation.eos = {-1};
  return out;
}

std::vector<Rng> PathSettings::rngs(std::vector<GroupItem>& group, const ItemTable& items,
                                    const std::string& model_name) const {
  std::vector<Rng> out;
  for (const GroupItem& item : group) out.push_back(rng(items, item.row, model_name));
  for (std::size_t i = 0; i < group.size(); ++i) group[i].question.paths = &out[i];
  return out;
}

Record consistency(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
                   const Model& model, const std::string& model_name, const PromptStyle& style,
                   const GenerationParams& generation, const ConsistencyParams& params,
                   std::uint64_t seed, const std::function<void()>& done) {
  ConsistencyColumns columns(items, params);
  const PathSettings paths = path_settings(generation, params, seed);
  for (const RowRange rows : groups_of(first, first + pictures.size(), model.batch())) {
    const auto shown = std::span(pictures).subspan(rows.first - first, rows.last - rows.first);
    std::vector<GroupItem> group = prepare_group(items, rows, shown, model, style);
    const std::vector<Rng> rngs = paths.rngs(group, items, model_name);
    for (GroupItem& item : group) item.question.greedy = false;
    const std::vector<ModelReply> replies =
        ask_group(group, model, {}, paths.generation, paths.sampling);
    for (std::size_t i = 0; i < group.size(); ++i) {
      columns.add(group[i].row, replies[i]);
      done();
    }
  }
  return columns.finish();
}

}  // namespace vrp
