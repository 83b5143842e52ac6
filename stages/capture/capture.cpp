#include "stages/capture/capture.hpp"

#include "pipeline/base/error.hpp"
#include "stages/capture/columns.hpp"

namespace vrp {

Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done) {
  CaptureColumns columns(items, model.spec(), params);
  GenerationParams with_state = generation;
  with_state.final_state = params.hidden;
  if (params.ignore_eos) with_state.eos = {-1};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::size_t row = first + i;
    if (!pictures[i].problem.empty()) {
      columns.add_failure(row, pictures[i].problem);
    } else {
      try {
        const PreparedItem item = model.prepare(pictures[i].image, items.question[row], style);
        CaptureObserver observer(model.spec(), params);
        const Answer answer = model.greedy(item, with_state, &observer);
        columns.add_answer(row, item, answer, observer);
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
