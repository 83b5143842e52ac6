#include "stages/reduce/paper_counterparts.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/checkpoint_shape.hpp"

namespace vrp {
namespace {

std::string_view or_else(std::string_view first, std::string_view second) {
  return first.empty() ? second : first;
}

std::string_view family_of(const RunFacts& facts, const std::string& model) {
  const auto found = facts.shapes.find(model);
  const std::string_view by_shape =
      found == facts.shapes.end() ? std::string_view() : paper_family(found->second);
  return by_shape.empty() ? paper_model(model) : by_shape;
}

std::string_view set_in_words(std::string_view set) {
  return set == "pope"          ? "POPE"
         : set == "llava_bench" ? "LLaVA-Bench"
         : set == "vqav2"       ? "VQAv2"
         : set == "textvqa"     ? "TextVQA"
                                : "pooled";
}

/// Items that the paper asked on a set (methods, section 2).
std::int64_t published_items(std::string_view set) {
  return set == "pooled" ? 3090 : set == "llava_bench" ? 90 : 1000;
}

/// "" when the set may be the paper's by name and size. 5 % fewer or more are the same set: whole
/// images are chosen, and the pooled set may lack LLaVA-Bench.
std::string other_set(std::string_view set, const std::string& benchmark, std::int64_t items) {
  for (const std::string& part : split(to_lower_ascii(benchmark), '_'))
    if (set == "pope" && (part == "random" || part == "popular"))
      return "another set (the paper's is POPE's adversarial split)";
  const std::int64_t theirs = published_items(set);
  if (20 * std::abs(items - theirs) <= theirs) return "";
  return concat("another set (", items, " items; the paper's: ", theirs, ")");
}

/// What keeps a number of this model and set from being what the paper measured.
std::string obstacle_of(const PublishedCell& cell, const std::string& model,
                        const std::string& benchmark, const Results& results,
                        const RunFacts& facts) {
  std::vector<std::string> reasons;
  const auto add = [&](std::string reason) {
    if (!reason.empty()) reasons.push_back(std::move(reason));
  };
  const auto shape = facts.shapes.find(model);
  const std::string_view named = or_else(cell.figure.model, family_of(facts, model));
  add(other_checkpoint(named, shape == facts.shapes.end() ? nullptr : &shape->second));
  const Found accuracy = find(results, model, benchmark, "", "accuracy");
  if (accuracy)
    add(other_set(paper_set(benchmark), benchmark, accuracy.row->n + accuracy.row->invalid));
  if (!facts.partial.empty()) add(concat("the run is partial (", facts.partial, ")"));
  return join(reasons, "; ");
}

/// Items of the set that a number of the probes or the lens does not stand on; what interventions
/// evaluate and the case study's item are choices, of which nothing is unused.
std::int64_t unused_items(const Results& results, const CellPlace& place, std::int64_t n) {
  const std::string_view table = place.cell->figure.table;
  if (table == "T5" || table == "T6" || table == "T11" || table == "F5") return 0;
  const Found accuracy = find(results, place.model, place.benchmark, "", "accuracy");
  return accuracy ? std::max<std::int64_t>(0, accuracy.row->n + accuracy.row->invalid - n) : 0;
}

std::optional<Counterpart> beside(const CellPlace& place, const Results& results) {
  const std::string_view table = place.cell->figure.table, statistic = place.statistic;
  if (table == "T2" || table == "F3" || table == "F4" || statistic == "layer_role")
    return lens_beside(place, results);
  if (table == "T5" || table == "T6" || table == "T11") return effect_beside(place, results);
  if (table == "F5") return case_beside(place, results);
  if (statistic == "r2_max" || statistic == "authors_split" || statistic == "best_layer" ||
      statistic == "layer_accuracy" || statistic == "sparse_accuracy" || statistic == "nonzero")
    return probe_beside(place, results);
  if (table == "T9") return neuron_beside(place, results);
  return statistic_beside(place, results);
}

/// The names under which the run's profile has the printed quantity.
CellPlace names_of(const PublishedCell& cell, bool authors) {
  const AuthorsPlace& theirs = cell.authors;
  const bool switched = authors && cell.print == Print::authors;
  const auto pick = [&](std::string_view own, std::string_view other) {
    return std::string(switched ? or_else(other, own) : own);
  };
  CellPlace out;
  out.cell = &cell;
  out.benchmark = pick(cell.figure.set, theirs.set);  // the paper's set, for now
  out.signal = pick(cell.figure.signal, theirs.signal);
  out.statistic = pick(cell.figure.statistic, theirs.statistic);
  return out;
}

}  // namespace

std::vector<Counterpart> counterparts(const PublishedCell& cell, const Results& results,
                                      const RunFacts& facts) {
  std::vector<Counterpart> out;
  CellPlace place = names_of(cell, facts.profile == "authors");
  const std::string set = place.benchmark;
  if (set.empty()) return out;
  for (const auto& [model, benchmark] : cells_of(results)) {
    if (paper_set(benchmark) != set) continue;
    if (!cell.figure.model.empty() && family_of(facts, model) != cell.figure.model) continue;
    place.model = model;
    place.benchmark = benchmark;
    std::optional<Counterpart> found = beside(place, results);
    if (!found) continue;
    found->value.model = model;
    found->value.benchmark = benchmark;
    if (found->value.invalid == 0)
      found->value.invalid = unused_items(results, place, found->value.n);
    const std::string obstacle = obstacle_of(cell, model, benchmark, results, facts);
    if (!obstacle.empty())
      found->obstacle =
          found->obstacle.empty() ? obstacle : concat(obstacle, "; ", found->obstacle);
    out.push_back(std::move(*found));
  }
  return out;
}

std::string no_counterpart(const PublishedCell& cell, const Results& results,
                           const RunFacts& facts) {
  const CellPlace names = names_of(cell, facts.profile == "authors");
  if (names.benchmark.empty()) return "";
  bool model = false, set = false;
  for (const auto& [name, benchmark] : cells_of(results)) {
    if (!cell.figure.model.empty() && family_of(facts, name) != cell.figure.model) continue;
    model = true;
    set = set || paper_set(benchmark) == names.benchmark;
  }
  if (!model)
    return cell.figure.model.empty()
               ? "no results in this run"
               : concat("no ", paper_model_name(cell.figure.model), " in this run");
  if (!set) return concat("no ", set_in_words(names.benchmark), " set of it in this run");
  return "the stage, option or condition that gives it was not part of this run";
}

}  // namespace vrp
