#include "stages/capture/bytes.hpp"

namespace vrp {

std::int64_t capture_bytes(const ModelSpec& spec, const CaptureParams& params,
                           const CaptureExtent& extent) {
  constexpr std::int64_t half = 2, single = 4, wide = 8;
  const std::int64_t layers = spec.text.layers, states = layers + 1, width = spec.text.hidden,
                     heads = spec.text.heads;
  // item/*, answer/length and ended, output/*: numbers that every item has.
  std::int64_t item = 14 * wide + 5 * single + 1;
  item += layers * wide;  // attention/share
  std::int64_t image_token = 0;
  if (params.attention) {
    image_token += 2 * layers * single;  // map, map_first
    if (params.last_map) image_token += layers * single;
    if (params.head_map) image_token += layers * heads * single;
  }
  if (params.hidden) {
    item += (params.blank ? 3 : 2) * states * width * half;  // first, last, blank
    item += layers * width * half + single;                  // mlp_first, clamped
  }
  if (params.lens) {
    item += (params.blank ? 7 : 6) * states * single;        // margins, target, top2, yes, no, rank
    item += 2 * single + 2 * wide;                           // tokens, margin_last, top2_last
    item += 4 * layers * wide + wide + 2 * layers * single;  // contributions, updates; norms
    if (params.head_gain) item += layers * heads * single;
  }
  std::int64_t ends = 2 * wide, choice = 0;  // ends: of the offsets
  if (params.choices && extent.choices > 0) {
    ends += wide;
    item += 2 * wide;        // choice/offset, output/choice_margin
    choice = wide + single;  // loss, tokens
  }
  return ends + extent.choices * choice + extent.items * item + extent.image_tokens * image_token +
         extent.answer_tokens * (single + 2 * wide) + extent.text_bytes;
}

}  // namespace vrp
