#pragma once
// What can be chosen about capture.
#include <string>

#include "pipeline/base/error.hpp"

namespace vrp {

struct CaptureParams {
  bool attention = true;
  bool head_map = false;
  bool last_map = false;
  bool hidden = true;
  bool ignore_eos = false;

  template <class Visit>
  void fields(Visit&& visit) {
    visit("attention", attention, "1: attention maps of every block (needed by the metrics)");
    visit("head_map", head_map, "1: the maps of every head for the first answer token (large)");
    visit("last_map", last_map,
          "1: the map of the last answer token's query as well (for [metrics] query = last)");
    visit("hidden", hidden, "1: hidden states of every block at the first and last answer token");
    visit("ignore_eos", ignore_eos,
          "1: answers run to max_new_tokens whatever the model says (for benchmarks of speed)");
  }
};

}  // namespace vrp
