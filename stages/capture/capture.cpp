#include "stages/capture/capture.hpp"

#include <optional>

#include "pipeline/base/error.hpp"
#include "stages/capture/columns.hpp"
#include "stages/capture/question.hpp"

namespace vrp {
namespace {

/// Passes of a greedy run, the prompt's included: one a token that was run.
int passes(const Answer& answer, const GenerationParams& params) {
  const int tokens = static_cast<int>(answer.tokens.size());
  return answer.ended || params.final_state ? 1 + tokens : tokens;
}

/// Uniform grey 128 of an item's source size, so that its grid is the item's.
RgbImage grey_picture(const RgbImage& image) {
  RgbImage grey{image.width, image.height, {}, {}};
  grey.rgb.assign(image.rgb.size(), 128);
  return grey;
}

/// [L+1, D] at the last prompt position of the item's prompt with the grey picture.
std::vector<float> blank_states(const Model& model, const PreparedItem& item,
                                const RgbImage& image) {
  PreparedItem blank;
  blank.image = prepare_image(grey_picture(image), model.spec());
  blank.ids = item.ids;
  blank.image_positions = item.image_positions;
  blank.positions = item.positions;
  blank.next_position = item.next_position;
  StateObserver states(model.spec());
  model.logits(blank, {}, 1, &states);
  return states.states();
}

}  // namespace

Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done,
               const AskGreedy& ask) {
  check(params);
  CaptureColumns columns(items, model.spec(), params);
  std::optional<Lens> lens;
  if (params.lens) lens.emplace(model, params);
  GenerationParams with_state = generation;
  with_state.final_state = params.hidden;
  if (params.ignore_eos) with_state.eos = {-1};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::size_t row = first + i;
    if (!pictures[i].problem.empty()) {
      columns.add_failure(row, pictures[i].problem);
    } else {
      try {
        const RgbImage& image = pictures[i].image;
        const PreparedItem item =
            prepare_asked(model, image, asked_question(items, row, style), style);
        CaptureObserver observer(model.spec(), params);
        const Answer answer =
            ask ? ask(row, item, with_state, observer) : model.greedy(item, with_state, &observer);
        observer.check_views(passes(answer, with_state));
        std::vector<float> blank;
        if (params.asks_blank()) {
          blank = blank_states(model, item, image);
        }
        LensItem measured;
        if (lens) {
          measured =
              lens->measure(reference_of(items, row), observer, answer.steps.front().token, blank);
        }
        ChoiceLosses choices;
        if (params.choices) choices = choice_losses(model, image, items, row, style);
        columns.add_answer(row, item, answer, observer, blank, measured, choices);
      } catch (const Error& error) {
        if (error.code() == ExitCode::internal) throw;
        columns.add_failure(row, error.what());
      }
    }
    done();
  }
  return columns.finish();
}

}  // namespace vrp
