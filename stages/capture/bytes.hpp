#pragma once
// How large a capture record is, before anything is computed. No torch here: vrp plan prints it.
#include <cstdint>

#include "pipeline/model/spec.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

struct CaptureExtent {
  std::int64_t items = 0;
  std::int64_t image_tokens = 0;   ///< over all items (fixed for LLaVA and PaliGemma)
  std::int64_t answer_tokens = 0;  ///< over all items
  std::int64_t choices = 0;        ///< options over all items
  std::int64_t text_bytes = 0;     ///< of keys, ids, groups, types and answers
};

/// Bytes of the arrays of record.hpp for items that do not fail, before the file's compression and
/// without its headers. Names of dimensions and attributes are not counted.
std::int64_t capture_bytes(const ModelSpec& spec, const CaptureParams& params,
                           const CaptureExtent& extent);

}  // namespace vrp
