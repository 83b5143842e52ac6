#include "pipeline/driver/plan.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/config/prompt_texts.hpp"
#include "pipeline/driver/unit_name.hpp"

namespace vrp {
namespace {

/// The stages that were asked for and those whose records they read, in the given order.
std::vector<StageDefinition> select(const Sweep& sweep, std::vector<StageDefinition> stages) {
  std::vector<std::string> names;
  for (const auto& stage : stages) names.push_back(stage.name);
  std::set<std::string> wanted;
  for (const auto& name : sweep.params.stages) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const Setting* setting = sweep.settings.find("sweep", "stages");
      const std::string near = nearest(name, names);
      fail_usage(setting != nullptr ? setting->origin : "default", ": unknown stage '", name, "'",
                 near.empty() ? concat("; stages are ", join(names, ", "))
                              : concat("; did you mean '", near, "'?"));
    }
    wanted.insert(name);
  }
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    if (wanted.count(stage->name) > 0)
      wanted.insert(stage->upstream.begin(), stage->upstream.end());
  }
  std::erase_if(stages, [&](const auto& stage) { return wanted.count(stage.name) == 0; });
  return stages;
}

class Planner {
 public:
  Planner(const Sweep& sweep, PlanInputs inputs) : sweep_(sweep), inputs_(std::move(inputs)) {
    plan_.stages = select(sweep, std::move(inputs_.stages));
    plan_.tables = std::move(inputs_.tables);
    plan_.limit = inputs_.limit;
  }

  Plan make() {
    add_cells();
    plan_.places.assign(plan_.stages.size() * plan_.cells.size(), 0);
    for (std::size_t stage = 0; stage < plan_.stages.size(); ++stage) {
      for (std::size_t cell = 0; cell < plan_.cells.size(); ++cell) add_stage(stage, cell);
    }
    link();
    pair_stages();
    return std::move(plan_);
  }

 private:
  void add_cells() {
    for (const auto& model : sweep_.models) {
      for (std::size_t b = 0; b < sweep_.benchmarks.size(); ++b) {
        plan_.cells.push_back({model.name, sweep_.benchmarks[b].name, {}, b});
      }
    }
    const std::size_t width = sweep_.benchmarks.size();
    for (std::size_t m = 0; m < sweep_.models.size(); ++m) {
      Cell pooled{sweep_.models[m].name, "pooled", {}, 0};
      for (std::size_t b = 0; b < width; ++b) {
        if (sweep_.benchmarks[b].config.pooled) pooled.members.push_back(m * width + b);
      }
      if (pooled.members.size() > 1) plan_.cells.push_back(std::move(pooled));
    }
  }

  std::int64_t items_of(const Cell& cell) const {
    if (cell.pooled()) {
      std::int64_t items = 0;
      for (const std::size_t member : cell.members) items += items_of(plan_.cells[member]);
      return items;
    }
    const auto n = static_cast<std::int64_t>(plan_.tables[cell.table].size());
    return plan_.limit > 0 ? std::min(n, plan_.limit) : n;
  }

  /// Hashed once, whatever the number of stages and models.
  const std::string& table_hash(std::size_t table) const {
    table_hashes_.resize(plan_.tables.size());
    std::string& hash = table_hashes_[table];
    if (hash.empty()) hash = plan_.tables[table].content_hash().hex();
    return hash;
  }

  /// Cells whose upstream records a unit of `cell` reads: its own, and those that it joins.
  std::vector<std::size_t> read_cells(std::size_t cell) const {
    std::vector<std::size_t> cells = plan_.cells[cell].members;
    cells.push_back(cell);
    return cells;
  }

  /// The scorers whose labels the stage reads, their rules and, for judged answers, the reviews.
  void add_labels_of(const StageDefinition& definition, const Cell& cell, Fingerprint& out) const {
    if (definition.labels == ReadsLabels::none) return;
    for (const std::size_t member : cell.members) {
      add_labels_of(definition, plan_.cells[member], out);
    }
    if (cell.pooled()) return;
    const ItemTable& table = plan_.tables[cell.table];
    const std::string field = "labels of " + cell.benchmark;
    out.fields[field] =
        definition.labels == ReadsLabels::all ? join(table.scorers, " ") : table.scorers.front();
    ScoringRules rules = table.rules;
    rules.fields([&](const char* name, double& value, const char*) {
      out.fields[field + ": " + name] = concat(value);
    });
    const auto reviews = inputs_.review_hashes.find(cell.model + "/" + cell.benchmark);
    if (reviews != inputs_.review_hashes.end()) out.fields[field + ": reviews"] = reviews->second;
  }

  Fingerprint fingerprint(std::size_t stage, std::size_t cell) const {
    const StageDefinition& definition = plan_.stages[stage];
    const Cell& c = plan_.cells[cell];
    Fingerprint out;
    out.fields["stage"] = definition.name + " version " + std::to_string(definition.version);
    out.fields["seed"] = std::to_string(sweep_.params.seed);
    const std::string parameters =
        definition.parameters_of ? definition.parameters_of(c) : definition.parameters;
    for (const auto& line : split(parameters, '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string::npos) continue;
      out.fields[definition.name + "." + line.substr(0, equals)] = line.substr(equals + 1);
    }
    if (!c.pooled()) {
      out.fields["items"] = table_hash(c.table);
      out.fields["unit_items"] = std::to_string(sweep_.run.unit_items);
    }
    add_labels_of(definition, c, out);
    if (definition.whole_cell && plan_.limit > 0) {
      out.fields["limit"] = std::to_string(plan_.limit);
    }
    if (definition.needs_model) {
      const auto model = std::find_if(sweep_.models.begin(), sweep_.models.end(),
                                      [&](const auto& m) { return m.name == c.model; });
      const auto& benchmark = sweep_.benchmarks[c.table].config;
      out.fields["model"] = inputs_.model_hashes.at(c.model);
      out.fields["model.template"] = model->config.prompt_template;
      out.fields["model.prompt"] = model->config.prompt;
      out.fields["model.dtype"] = model->config.dtype;
      const PromptTexts texts = prompt_texts(model->config, benchmark);
      out.fields["asked.suffix"] = texts.suffix;
      out.fields["asked.replaces"] = texts.replaces;
      out.fields["asked.options"] = texts.options;
      out.fields["asked.hint"] = texts.hint;
      out.fields["benchmark.max_new_tokens"] = std::to_string(benchmark.max_new_tokens);
    }
    for (const auto& name : definition.upstream) {
      for (const std::size_t from : read_cells(cell)) {
        const StageCell* found = plan_.find(name, from);
        if (found == nullptr) continue;
        out.fields["upstream " + name + " of " + plan_.cells[from].benchmark] =
            found->fingerprint.hex();
      }
    }
    return out;
  }

  void add_stage(std::size_t stage, std::size_t cell) {
    const StageDefinition& definition = plan_.stages[stage];
    const Cell& c = plan_.cells[cell];
    if (c.pooled() && !definition.pooled) return;
    StageCell out{stage, cell, fingerprint(stage, cell), "", {}};
    out.folder = c.model + "/" + c.benchmark + "/" + definition.name + "@" + out.fingerprint.hex();
    const auto add_unit = [&](std::int64_t index, std::int64_t first, std::int64_t last,
                              const std::string& name) {
      Unit unit;
      unit.id = plan_.units.size();
      unit.stage = stage;
      unit.cell = cell;
      unit.index = index;
      unit.first = first;
      unit.last = last;
      unit.file = out.folder + "/" + name;
      unit.cost =
          definition.cost_per_item * static_cast<double>(std::max<std::int64_t>(1, last - first));
      out.units.push_back(unit.id);
      plan_.units.push_back(std::move(unit));
    };
    if (definition.whole_cell && definition.parts) {
      std::int64_t index = 0;
      for (const std::string& part : definition.parts(c, items_of(c))) {
        add_unit(index++, 0, items_of(c), concat("unit-", part, ".h5"));
        plan_.units.back().part = part;
      }
      if (out.units.empty()) return;
    } else if (definition.whole_cell || c.pooled()) {
      add_unit(0, 0, items_of(c), unit_name(0, 1, 1));
    } else {
      const std::int64_t n = items_of(c);
      const std::int64_t size = sweep_.run.unit_items;
      for (std::int64_t first = 0; first < n; first += size) {
        const std::int64_t last = std::min(n, first + size);
        add_unit(first / size, first, last, unit_name(first / size, last - first, size));
      }
    }
    plan_.stage_cells.push_back(std::move(out));
    plan_.places[stage * plan_.cells.size() + cell] =
        static_cast<std::uint32_t>(plan_.stage_cells.size());
  }

  void pair_stages() {
    const std::size_t count = plan_.stages.size();
    for (std::size_t stage = 0; stage < count; ++stage) plan_.partners.push_back(stage);
    for (std::size_t stage = 0; stage < count; ++stage) {
      if (plan_.stages[stage].companion.empty()) continue;
      for (std::size_t other = stage + 1; other < count; ++other) {
        if (plan_.stages[other].name != plan_.stages[stage].companion) continue;
        plan_.partners[stage] = other;
        plan_.partners[other] = stage;
      }
    }
  }

  /// Item ranges read item ranges; a whole cell reads whole cells, all parts of it the same ones.
  void link() {
    for (const auto& stage_cell : plan_.stage_cells) {
      const Cell& c = plan_.cells[stage_cell.cell];
      const StageDefinition& definition = plan_.stages[stage_cell.stage];
      if (c.pooled() || definition.whole_cell) {
        link(stage_cell.units.front(), stage_cell.units.back() + 1, true);
      } else {
        for (const std::size_t id : stage_cell.units) link(id, id + 1, false);
      }
    }
  }

  /// Units [first, last) of one stage and cell, which all read the same.
  void link(std::size_t first, std::size_t last, bool whole) {
    Unit& unit = plan_.units[first];
    for (const auto& name : plan_.stages[unit.stage].upstream) {
      for (const std::size_t cell : read_cells(unit.cell)) {
        const auto range = covering(plan_, name, cell, whole ? 0 : unit.first,
                                    whole ? items_of(plan_.cells[cell]) : unit.last);
        unit.upstream.add(range.first, range.last);
      }
    }
    for (std::size_t id = first + 1; id < last; ++id) plan_.units[id].upstream = unit.upstream;
    for (const std::size_t id : unit.upstream) plan_.units[id].downstream.add(first, last);
  }

  const Sweep& sweep_;
  PlanInputs inputs_;
  Plan plan_;
  mutable std::vector<std::string> table_hashes_;
};

}  // namespace

std::string Fingerprint::hex() const {
  Hasher hasher;
  for (const auto& [name, value] : fields) hasher.add(name).add(value);
  return hasher.finish().hex().substr(0, 12);
}

bool Plan::partial() const {
  return limit > 0 && std::any_of(tables.begin(), tables.end(), [&](const ItemTable& table) {
           return static_cast<std::int64_t>(table.size()) > limit;
         });
}

const StageCell* Plan::find(const std::string& stage, std::size_t cell) const {
  for (std::size_t s = 0; s < stages.size(); ++s) {
    if (stages[s].name != stage) continue;
    const std::uint32_t place = places[s * cells.size() + cell];
    if (place > 0) return &stage_cells[place - 1];
  }
  return nullptr;
}

std::optional<std::size_t> Plan::companion_of(std::size_t id) const {
  const Unit& unit = units[id];
  const std::size_t partner = partners[unit.stage];
  if (partner == unit.stage) return std::nullopt;
  const std::uint32_t place = places[partner * cells.size() + unit.cell];
  if (place == 0) return std::nullopt;
  const std::size_t other = stage_cells[place - 1].units[static_cast<std::size_t>(unit.index)];
  assert(units[other].first == unit.first && units[other].last == unit.last);
  return other;
}

UnitIds::Range covering(const Plan& plan, const std::string& stage, std::size_t cell,
                        std::int64_t first, std::int64_t last) {
  const StageCell* found = plan.find(stage, cell);
  if (found == nullptr || found->units.empty() || first >= last) return {};
  // Units of a stage and cell have consecutive ids; they are item ranges in order, or each is the
  // whole cell, and either way `first` and `last` never fall from one to the next.
  const auto begin = plan.units.begin() + static_cast<std::ptrdiff_t>(found->units.front());
  const auto end = begin + static_cast<std::ptrdiff_t>(found->units.size());
  const auto from =
      std::partition_point(begin, end, [&](const Unit& unit) { return unit.last <= first; });
  const auto to =
      std::partition_point(from, end, [&](const Unit& unit) { return unit.first < last; });
  return {static_cast<std::uint32_t>(from - plan.units.begin()),
          static_cast<std::uint32_t>(to - plan.units.begin())};
}

Plan make_plan(const Sweep& sweep, PlanInputs inputs) {
  return Planner(sweep, std::move(inputs)).make();
}

}  // namespace vrp
