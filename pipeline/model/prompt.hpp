#pragma once
// From a picture and a question to what the forward pass takes. No torch here.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/model/image.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/model/tokenizer.hpp"

namespace vrp {

struct PromptStyle {
  std::string template_name = "plain";  ///< "plain" | "chat": the family's prompts (PromptSpec)
  std::string suffix = {};              ///< appended to the question, "" = nothing
  std::string text = {};                ///< full template with {q} and {s}; overrides template_name
  // How an item becomes the question {q} (stages/capture/question.hpp); not read by a model.
  std::string hint = "{h}\n";  ///< before the question of an item with a hint; "" = not shown
  std::string options = {};    ///< layout with {q} and {options}; "" = options are not shown
  std::string replaces = {};   ///< an ending of questions whose place the suffix takes
};

/// An item ready for the model: pixels, and token ids with one image token per cell.
struct PreparedItem {
  PreparedImage image;
  std::vector<std::int32_t> ids;              ///< [P] prompt with the image tokens expanded
  std::vector<std::int64_t> image_positions;  ///< where ids equal the image-token id
  /// [axes, P] rotary positions; axes: 1, or time, row and column (TextSpec::position_axes).
  std::vector<std::int32_t> positions;
  std::int32_t next_position = 0;  ///< of the first answer token, on every axis; then + 1 a token
};

/// Fills the family's template, tokenises, and expands the image token to one per cell of the
/// picture's grid. Pure and thread-safe. Error (bad_input) when the image cannot be prepared, the
/// prompt is longer than the model's positions, or it does not hold exactly one image token (a
/// question may not smuggle one in); Error (usage) for an unknown template name or a template
/// without exactly one {q}.
PreparedItem prepare_item(const Tokenizer& tokenizer, const ModelSpec& spec, const RgbImage& image,
                          std::string_view question, const PromptStyle& style);

/// The same for a picture that prepare_image made for this model.
PreparedItem prepare_item(const Tokenizer& tokenizer, const ModelSpec& spec, PreparedImage image,
                          std::string_view question, const PromptStyle& style);

/// Checks once per checkpoint that every special text of the family's prompts is one token of the
/// tokenizer, and the image token's text has the configured id. Error (bad_input): text, found id,
/// expected id.
void check_prompt_tokens(const Tokenizer& tokenizer, const ModelSpec& spec);

/// Error (bad_input) unless the eos_token that tokenizer_config.json names (where there is such a
/// file and name) is a token of the tokenizer and one of the model's end tokens: a tokenizer of
/// another model seldom agrees in that.
void check_end_token(const std::filesystem::path& checkpoint, const Tokenizer& tokenizer,
                     const ModelSpec& spec);

/// The prompt's token ids, the image token still one; errors of prompts as in prepare_item.
std::vector<std::int32_t> prompt_ids(const Tokenizer& tokenizer, const ModelSpec& spec,
                                     std::string_view question, const PromptStyle& style);

/// Ids of `answer` as it continues the filled template of `question`: a space stands between them,
/// unless the template ends in white space, and both are tokenised together ("ASSISTANT: A cup"),
/// as an answered turn is in training and in likelihood evaluations (Liu et al., LLaVA-1.5;
/// lmms-eval's loglikelihood). Where the tokenizer would join the prompt's end with the answer, the
/// answer is tokenised by itself. Error (bad_input) for an empty answer or one with an image token.
std::vector<std::int32_t> answer_ids(const Tokenizer& tokenizer, const ModelSpec& spec,
                                     std::string_view question, const PromptStyle& style,
                                     std::string_view answer);

/// Rotary positions of `ids`: consecutive from spec.text.first_position, the same on every axis.
/// With three axes the image tokens, from position s, are at time s, row s + r and column s + c of
/// the rows x cols grid, and the text after them goes on at s + max(rows, cols).
/// Source: Wang et al., Qwen2-VL (2024), section 2.1 (M-RoPE); transformers' get_rope_index.
/// Error (bad_input) when a run of image tokens is not rows * cols long.
void fill_positions(const ModelSpec& spec, PreparedItem& item);

}  // namespace vrp
