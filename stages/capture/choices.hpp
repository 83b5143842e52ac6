#pragma once
// How likely a model holds each option of an item to be its answer (SEED-Bench's likelihood rule).
#include <cstdint>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

/// By option, in the order A, B, C ...; empty for an item without options. An absent option (empty
/// text: a gap among the letters of a table) has loss NaN and 0 tokens.
struct ChoiceLosses {
  std::vector<double> loss;  ///< mean of -ln P over the text's tokens and the end token, nats
  std::vector<std::int32_t> tokens;  ///< tokens of the text, end token excluded
};

/// Each option's text as the answer to the bare question (bare_question: no letters, no suffix),
/// tokenised behind the prompt (answer_ids). `image`: the item's, prepared. One prefill serves all
/// options. Errors as in
/// prepare_item, answer_ids and Model::answer_losses.
/// Source: SEED-Bench (Li et al. 2023), answer ranking: the option of least loss is the prediction.
/// The mean over tokens, end token included, is the loss of an answered turn as LLaVA is trained.
ChoiceLosses choice_losses(const Model& model, const PreparedImage& image, const ItemTable& items,
                           std::size_t row, const PromptStyle& style);

/// Second least minus least loss, nats, >= 0: how clearly one option is preferred. NaN for fewer
/// than two options; NaN losses are none.
double choice_margin(const std::vector<double>& losses);

/// Whether a record of the table holds the arrays below: some item has options.
bool has_choices(const ItemTable& items);

/// The choice arrays of a capture record while a unit is being computed.
class ChoiceColumns {
 public:
  /// Keeps nothing and writes nothing unless `wanted`.
  explicit ChoiceColumns(bool wanted) : wanted_(wanted) {}
  /// The next item; empty losses for one that failed or has no options.
  void add(const ChoiceLosses& item);
  /// Appends choice/offset, choice/loss, choice/tokens and output/choice_margin.
  void finish(Record& out);

 private:
  bool wanted_;
  std::vector<std::int64_t> offset_{0};
  std::vector<double> loss_, margin_;
  std::vector<std::int32_t> tokens_;
};

}  // namespace vrp
