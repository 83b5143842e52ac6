#include "pipeline/control/run_facts.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/config/settings.hpp"
#include "pipeline/driver/manifest.hpp"

namespace vrp {

ReduceParams reduce_params(const Json& manifest) {
  Settings settings;
  const Json stored = manifest.value("settings", Json::object());
  if (stored.contains("reduce"))
    for (const auto& [key, setting] : stored.at("reduce").items())
      settings.put("reduce", key,
                   {json_text(setting, "value", "manifest.json"),
                    json_text(setting, "origin", "manifest.json")});
  ReduceParams params;
  settings.bind("reduce", params);
  settings.require_all_known();
  check(params);
  return params;
}

RunFacts run_facts(const Json& manifest) {
  RunFacts facts;
  if (manifest.value("partial", false))
    facts.partial = concat("--limit ", manifest.value("limit", std::int64_t{0}));
  facts.profile = manifest.value("profile", facts.profile);
  facts.seed = manifest.value("seed", std::uint64_t{0});
  facts.level = reduce_params(manifest).level;
  facts.families = manifest.value("families", Json());
  for (const WorkEntry& work : work_of(manifest))
    if (std::find(facts.models.begin(), facts.models.end(), work.model) == facts.models.end())
      facts.models.push_back(work.model);
  facts.shapes = checkpoint_shapes(manifest.value("shapes", Json()));
  return facts;
}

}  // namespace vrp
