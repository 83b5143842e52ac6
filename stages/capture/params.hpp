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
  bool lens = true;
  bool blank = true;
  std::string margin = "set";
  std::string lens_norm = "final";
  std::string blank_token = "skip";
  bool head_gain = false;
  bool choices = true;
  bool ignore_eos = false;

  /// Whether each picture's grey twin is asked about as well.
  bool asks_blank() const { return blank && (hidden || lens); }

  template <class Visit>
  void fields(Visit&& visit) {
    visit("attention", attention, "1: attention maps of every block (needed by the metrics)");
    visit("head_map", head_map, "1: the maps of every head for the first answer token (large)");
    visit("last_map", last_map,
          "1: the map of the last answer token's query as well (for [metrics] query = last)");
    visit("hidden", hidden, "1: hidden states of every block at the first and last answer token");
    visit("lens", lens,
          "1: logit lens of every block, contributions of attention and MLP to the margin, updates "
          "of the image states");
    visit("blank", blank,
          "1: the prompt once more with a grey picture: its margins, and with hidden = 1 its "
          "states");
    visit("margin", margin,
          "set | single | binary: a right first token in any case and spacing against all others; "
          "the reference's as given (authors); the yes forms against the no forms (yes/no "
          "references only)");
    visit("lens_norm", lens_norm,
          "final | raw: states pass the final norm before the head, or not (published code)");
    visit("blank_token", blank_token,
          "skip | rival | target: tokens without visible text are left out; compete with the right "
          "ones; are themselves right where the tokenizer starts the reference with one (the "
          "literal first token)");
    visit("head_gain", head_gain,
          "1: what each head adds to ln P of the first answer token (one row of logits a head)");
    visit("choices", choices,
          "1: of items with options, how likely each option's text is as the answer to the bare "
          "question (scorer likelihood); items without options cost nothing");
    visit("ignore_eos", ignore_eos,
          "1: answers run to max_new_tokens whatever the model says (for benchmarks of speed)");
  }
};

/// Error (usage) naming the field and the values it may have.
inline void check(const CaptureParams& p) {
  if (p.margin != "set" && p.margin != "single" && p.margin != "binary") {
    fail_usage("[capture] margin = ", p.margin, ", expected set, single or binary");
  }
  if (p.lens_norm != "final" && p.lens_norm != "raw") {
    fail_usage("[capture] lens_norm = ", p.lens_norm, ", expected final or raw");
  }
  if (p.blank_token != "skip" && p.blank_token != "rival" && p.blank_token != "target") {
    fail_usage("[capture] blank_token = ", p.blank_token, ", expected skip, rival or target");
  }
  if (p.head_gain && !p.lens) fail_usage("[capture] head_gain = 1 needs lens = 1");
}

}  // namespace vrp
