#include "stages/interventions/interventions.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/relevance.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "stages/capture/answer_tokens.hpp"
#include "stages/capture/question.hpp"
#include "stages/capture/record.hpp"
#include "stages/interventions/captured_answers.hpp"
#include "stages/interventions/columns.hpp"
#include "stages/interventions/masks.hpp"
#include "stages/interventions/targets.hpp"
#include "stages/metrics/captured.hpp"
#include "stages/metrics/regions.hpp"

namespace vrp {
namespace {

constexpr int kNotEvaluated = 3;

InterventionShape shape_of(const ModelSpec& spec) {
  return {spec.text.layers, spec.text.hidden, spec.text.intermediate};
}

/// How the map of the scores is made: the metrics', or the last block's of the first query.
MetricsParams score_params(const InterventionsInput& in) {
  MetricsParams params = in.metrics;
  if (in.params.mask_scores == "last_first") {
    const int last = in.model.spec().text.layers - 1;
    params.layers = concat(last, "..", last);
    params.query = "first";
  }
  return params;
}

class UnitRun {
 public:
  explicit UnitRun(const InterventionsInput& in)
      : in_(in),
        last_(in.first + in.pictures.size()),
        conditions_(plan_conditions(in.params, shape_of(in.model.spec()))),
        neurons_(in.params, shape_of(in.model.spec()), in.probes, in.seed, in.model_name,
                 in.items.benchmark),
        folds_(folds_of(in.items, in.first, last_, in.probes)),
        answers_(in.items, in.first, last_, in.capture),
        captured_(in.items, in.first, last_, in.capture, score_params(in)),
        tokens_(in.model.tokenizer(), in.model.blank_tokens(), in.captured),
        columns_(in.items, conditions_) {
    if (in.captured.lens_norm == "raw") lens_.norm = UnembedNorm::none;
    generation_ = in.generation;
    generation_.final_state = false;
    if (in.captured.ignore_eos) generation_.eos = {-1};
  }

  Record run(const std::function<void()>& done) {
    const auto evaluated = evaluated_rows(in_.items, in_.params.items, in_.seed);
    for (std::size_t i = 0; i < in_.pictures.size(); ++i) {
      const std::size_t row = in_.first + i;
      if (!evaluated[row]) {
        columns_.add_none(row, folds_[i], kNotEvaluated, "not among the evaluated items");
      } else if (std::string problem = problem_of(i); !problem.empty()) {
        columns_.add_none(row, folds_[i], static_cast<int>(ItemStatus::failed), problem);
      } else {
        try {
          columns_.add(row, folds_[i], outcomes(i));
        } catch (const Error& error) {
          // A condition that the model has no place for is no property of the item.
          if (error.code() != ExitCode::bad_input) throw;
          columns_.add_none(row, folds_[i], static_cast<int>(ItemStatus::failed), error.what());
        }
      }
      done();
    }
    return columns_.finish();
  }

 private:
  std::string problem_of(std::size_t i) const {
    if (!in_.pictures[i].problem.empty()) return in_.pictures[i].problem;
    if (captured_.status(i) != static_cast<int>(ItemStatus::failed)) return "";
    return "not captured: " + captured_.reason(i);
  }

  std::vector<InterventionOutcome> outcomes(std::size_t i) const {
    const std::size_t row = in_.first + i;
    const auto prepared = asked_item(in_.pictures[i], in_.model, in_.items, row, in_.style);
    const PreparedItem& item = *prepared;
    const MaskItem maskable = mask_item(i, item);
    std::vector<InterventionOutcome> results(conditions_.size());
    std::vector<EditCondition> edits;
    std::vector<std::size_t> edited, pixels;  // conditions
    std::vector<std::vector<std::int64_t>> hidden(conditions_.size());
    for (std::size_t e = 0; e < conditions_.size(); ++e) {
      const PlannedCondition& condition = conditions_[e];
      if (condition.family == "baseline") {
        edits.push_back({condition.name, {}});
      } else if (condition.family == "mask") {
        auto cells = mask_of(condition, maskable);
        if (!cells) continue;
        results[e].cells = static_cast<std::int32_t>(cells->size());
        hidden[e] = std::move(*cells);
        if (condition.operation == "pixel") {
          pixels.push_back(e);
          continue;
        }
        edits.push_back(hide(condition, hidden[e]));
      } else {
        auto edit = neurons_.edit_of(condition, folds_[i]);
        if (!edit) continue;
        edits.push_back(std::move(*edit));
      }
      edited.push_back(e);
    }
    std::vector<EditedAnswer> answers = in_.model.edited(item, generation_, edits, limits());
    require_captured(i, answers.front().answer);
    std::vector<float> states;
    const auto keep = [&](std::size_t e, const EditedAnswer& answer) {
      results[e].defined = true;
      results[e].text = answer.answer.text;
      results[e].tokens = answer.answer.tokens;
      states.insert(states.end(), answer.state.begin(), answer.state.end());
    };
    for (std::size_t k = 0; k < edited.size(); ++k) keep(edited[k], answers[k]);
    for (const std::size_t e : pixels) {
      PreparedItem masked = item;
      masked.image = mask_cells(item.image, in_.model.spec(), hidden[e]);
      const std::vector<EditCondition> as_it_is{{conditions_[e].name, {}}};
      keep(e, in_.model.edited(masked, generation_, as_it_is, limits()).front());
    }
    edited.insert(edited.end(), pixels.begin(), pixels.end());
    add_margins(row, edited, states, results);
    return results;
  }

  EditLimits limits() const { return {std::int64_t{in_.params.memory_mb} << 20}; }

  static EditCondition hide(const PlannedCondition& condition,
                            const std::vector<std::int64_t>& cells) {
    Edit edit;
    edit.indices = cells;
    if (condition.operation == "embed") {
      edit.site = EditSite::image_features;
      edit.operation = EditOperation::mean;
    } else {
      edit.site = EditSite::attention;
    }
    return {condition.name, {edit}};
  }

  MaskItem mask_item(std::size_t i, const PreparedItem& item) const {
    MaskItem out;
    out.grid = {item.image.geometry.rows, item.image.geometry.cols};
    out.share = in_.params.mask_share;
    out.seed = in_.seed;
    out.model = in_.model_name;
    out.key = in_.items.key[in_.first + i];
    if (captured_.status(i) == static_cast<int>(ItemStatus::ok) && captured_.map_fault(i).empty()) {
      out.scores = captured_.maps(i).mean;
      if (!out.scores.empty() && std::ssize(out.scores) != out.grid.cells()) {
        fail("captured map has ", out.scores.size(), " cells, expected ", out.grid.cells(),
             "; was it captured with other picture sizes?");
      }
    }
    const GridRegion region =
        grid_region(in_.items.regions[in_.first + i], in_.metrics.region, captured_.placement(i));
    if (region.reason.empty()) region_mask(region.share, out.region);
    return out;
  }

  void require_captured(std::size_t i, const Answer& baseline) const {
    if (baseline.tokens == answers_.tokens(i)) return;
    fail("the unedited answer is '", baseline.text, "' (", baseline.tokens.size(),
         " tokens), expected the captured '", answers_.text(i), "' (", answers_.tokens(i).size(),
         " tokens)");
  }

  /// `states`: of `edited`, side by side.
  void add_margins(std::size_t row, const std::vector<std::size_t>& edited,
                   const std::vector<float>& states,
                   std::vector<InterventionOutcome>& results) const {
    const LensTokens& tokens = tokens_.of(reference_of(in_.items, row));
    if (tokens.target.empty()) return;
    LensTokens needed = tokens;
    needed.first = needed.second = {};
    const auto rows = in_.model.unembed(states, needed, lens_);
    for (std::size_t k = 0; k < edited.size(); ++k) {
      results[edited[k]].margin =
          static_cast<float>(double{rows[k].target} - double{rows[k].rival});
    }
  }

  const InterventionsInput& in_;
  std::size_t last_;
  std::vector<PlannedCondition> conditions_;
  NeuronPlan neurons_;
  std::vector<std::int64_t> folds_;
  CapturedAnswers answers_;
  Captured captured_;
  mutable AnswerTokens tokens_;
  UnembedOptions lens_;
  GenerationParams generation_;
  InterventionsColumns columns_;
};

}  // namespace

std::vector<bool> evaluated_rows(const ItemTable& items, int wanted, std::uint64_t seed) {
  if (wanted == 0 || static_cast<std::size_t>(wanted) >= items.size()) {
    return std::vector<bool>(items.size(), true);
  }
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> draw;
  for (const std::string& key : items.key) {
    draw.push_back(Rng(seed, "interventions", "", key, "evaluated").uniform(0));
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return draw[row]; });
  std::vector<bool> chosen(items.size(), false);
  for (int k = 0; k < wanted; ++k) chosen[order[static_cast<std::size_t>(k)]] = true;
  return chosen;
}

Record interventions(const InterventionsInput& input, const std::function<void()>& done) {
  return UnitRun(input).run(done);
}

}  // namespace vrp
