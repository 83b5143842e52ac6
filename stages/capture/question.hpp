#pragma once
// From a row of an item table to what a model is asked: the one place where hint, options and the
// short-answer line meet the question.
#include <cstddef>
#include <memory>
#include <string>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "stages/capture/picture.hpp"

namespace vrp {

/// What stands for {q} and {s} in the model's prompt.
struct AskedQuestion {
  std::string question, suffix;
};

/// The row's question in the layout of `style`:
///   hint      before everything, where the row has one and style.hint is not empty
///   options   style.options with {q} and with {options} = "A. first\nB. second", where the row has
///             options and style.options is not empty; absent ones (empty text) are left out, the
///             letters of the others stay
///   suffix    style.suffix. A question that ends in style.replaces loses that ending and the
///             white space before it to the suffix; where the two say the same, the question stays
///             as it is and the suffix is empty.
/// Error (bad_input) for more than 26 options.
/// LLaVA-1.5: "Q\nA. a\nB. b" and "\nAnswer with the option's letter ..."; Qwen2-VL as VLMEvalKit
/// has it: "Hint: h\nQuestion: Q\nOptions:\nA. a\nB. b" and "\nPlease select ...".
AskedQuestion asked_question(const ItemTable& items, std::size_t row, const PromptStyle& style);

/// The row's question, after its hint, without options, suffix or replaced ending: what
/// SEED-Bench's likelihood rule puts before each option's text (letters are not shown). Source:
/// SEED-Bench (Li et al. 2023), answer ranking.
AskedQuestion bare_question(const ItemTable& items, std::size_t row, const PromptStyle& style);

/// The row's question and its picture, ready for the model: PromptStyle::suffix is the asked one.
PreparedItem prepare_asked(const Tokenizer& tokenizer, const ModelSpec& spec, const RgbImage& image,
                           const ItemTable& items, std::size_t row, const PromptStyle& style);

/// The same, made now where it was not made ahead.
std::shared_ptr<const PreparedItem> asked_item(const Picture& picture, const Model& model,
                                               const ItemTable& items, std::size_t row,
                                               const PromptStyle& style);

}  // namespace vrp
