#include "stages/capture/capture.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// Passes of a greedy run, the prompt's included: one a token that was run.
int passes(const Answer& answer, const GenerationParams& params) {
  const int tokens = static_cast<int>(answer.tokens.size());
  return answer.ended || params.final_state ? 1 + tokens : tokens;
}

/// [L+1, D] at the last prompt position of the item's prompt with the grey picture.
std::vector<float> blank_states(const Model& model, const PreparedItem& item,
                                const Picture& picture) {
  PreparedItem blank;
  blank.image = picture.grey != nullptr ? *picture.grey
                                        : prepare_image(grey_picture(picture.image), model.spec());
  blank.ids = item.ids;
  blank.image_positions = item.image_positions;
  blank.positions = item.positions;
  blank.next_position = item.next_position;
  StateObserver states(model.spec());
  model.logits(blank, {}, 1, &states);
  return states.states();
}

/// The same for checked parameters.
const CaptureParams& checked(const CaptureParams& params) {
  check(params);
  return params;
}

}  // namespace

CaptureUnit::CaptureUnit(const ItemTable& items, const Model& model, const PromptStyle& style,
                         const GenerationParams& generation, const CaptureParams& params)
    : items_(items),
      model_(model),
      style_(style),
      params_(checked(params)),
      generation_(generation),
      columns_(items, model.spec(), params) {
  if (params.lens) lens_.emplace(model, params);
  generation_.final_state = params.hidden;
  if (params.ignore_eos) generation_.eos = {-1};
}

std::vector<CaptureObserver> CaptureUnit::observers(std::vector<GroupItem>& group) const {
  std::vector<CaptureObserver> out(group.size(), CaptureObserver(model_.spec(), params_));
  for (std::size_t i = 0; i < group.size(); ++i) group[i].question.observer = &out[i];
  return out;
}

void CaptureUnit::add(const GroupItem& item, const ModelReply& reply, const CaptureObserver& seen) {
  if (!reply.problem.empty()) return columns_.add_failure(item.row, reply.problem);
  try {
    const Answer& answer = reply.answers.greedy;
    seen.check_views(passes(answer, generation_));
    std::vector<float> blank;
    if (params_.asks_blank()) blank = blank_states(model_, *item.prepared, *item.picture);
    LensItem measured;
    if (lens_) {
      measured =
          lens_->measure(reference_of(items_, item.row), seen, answer.steps.front().token, blank);
    }
    ChoiceLosses choices;
    if (params_.choices)
      choices = choice_losses(model_, item.prepared->image, items_, item.row, style_);
    columns_.add_answer(item.row, *item.prepared, answer, seen, blank, measured, choices);
  } catch (const Error& error) {
    if (error.code() == ExitCode::internal) throw;
    columns_.add_failure(item.row, error.what());
  }
}

Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done) {
  CaptureUnit unit(items, model, style, generation, params);
  for (const RowRange rows : groups_of(first, first + pictures.size(), model.batch())) {
    const auto shown = std::span(pictures).subspan(rows.first - first, rows.last - rows.first);
    std::vector<GroupItem> group = prepare_group(items, rows, shown, model, style);
    const std::vector<CaptureObserver> seen = unit.observers(group);
    const std::vector<ModelReply> replies = ask_group(group, model, unit.generation());
    for (std::size_t i = 0; i < group.size(); ++i) {
      unit.add(group[i], replies[i], seen[i]);
      done();
    }
  }
  return unit.finish();
}

}  // namespace vrp
